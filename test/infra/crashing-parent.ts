/** A program for process.test.ts: supervises a child that ignores SIGTERM and has a child itself, then waits to be killed. */
import { superviseProcess } from '../../infra/local/process.ts'

const [logFile = ''] = process.argv.slice(2)
const child = superviseProcess({
  name: 'child',
  command: '/bin/sh',
  args: ['-c', `trap '' TERM INT HUP; sleep 300 & echo "grandchild $!"; wait`],
  logFile,
})
process.stdout.write(`child ${child.pid}\n`)
await child.exited
