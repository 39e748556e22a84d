/** The command `heteroscale`. */
import type { Command } from 'commander'
import { runCommandLine } from './program.ts'
import { processTerminal } from './terminal.ts'

/** Verbs that only talk to the API: for them the rest of the product, half a second of loading, stays on disk. */
const light = ['validate', 'apply', 'get', 'explain']
const heavy = ['demo', 'up', 'down', 'replay']

const heavyVerbs = async (): Promise<readonly Command[]> => {
  const [{ upCommand }, { downCommand }, { demoCommand }, { replayCommand }] = await Promise.all([
    import('./up.ts'),
    import('./down.ts'),
    import('./demo.ts'),
    import('./replay.ts'),
  ])
  return [demoCommand(processTerminal), upCommand(), downCommand(), replayCommand()]
}

// `heteroscale get decisions | head -1` closes the pipe: that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})

const args = process.argv.slice(2)
// The first word that is a verb: a service may be called `get`.
const verb = args.find((arg) => [...light, ...heavy].includes(arg)) ?? ''
const exitCode = await runCommandLine(args, processTerminal, light.includes(verb) ? [] : await heavyVerbs())
// Zero leaves alone what a verb set by itself.
if (exitCode !== 0) process.exitCode = exitCode
