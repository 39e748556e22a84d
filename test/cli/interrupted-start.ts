/** A program for interruptible.test.ts: starts a child that never becomes ready, as `up` starts its servers. */
import { interruptible } from '../../cli/interruptible.ts'
import { superviseProcess } from '../../infra/local/process.ts'

const [logFile = ''] = process.argv.slice(2)
const say = (line: string): void => void process.stdout.write(`${line}\n`)
await interruptible(async () => {
  const child = superviseProcess({
    name: 'child',
    command: '/bin/sh',
    args: ['-c', `trap '' TERM INT HUP; sleep 300 & wait`],
    logFile,
    probe: () => Promise.reject(new Error('not yet')),
  })
  say(`child ${child.pid}`)
  await child.whenReady()
}, say)
