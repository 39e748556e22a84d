/** The command `heteroscale`. */
import { Command } from 'commander'
import { completeVerb } from './completion.ts'
import { isLight, runCommandLine } from './program.ts'
import { processTerminal } from './terminal.ts'

/** Verbs that need the whole product, half a second of loading: it stays on disk until one of them is asked for. */
const heavy: { readonly [verb: string]: () => Promise<Command> } = {
  demo: async () => (await import('./demo.ts')).demoCommand(processTerminal),
  up: async () => (await import('./up.ts')).upCommand(),
  down: async () => (await import('./down.ts')).downCommand(),
  replay: async () => (await import('./replay.ts')).replayCommand(),
  verify: async () => (await import('./verify.ts')).verifyCommand(processTerminal),
  repair: async () => (await import('./repair.ts')).repairCommand(processTerminal),
}

// `heteroscale get decisions | head -1` closes the pipe: that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})

const args = process.argv.slice(2)
const isCompletion = args[0] === completeVerb
// The first word that is a verb: a service may be called `get`.
const verb = args.find((arg) => Object.hasOwn(heavy, arg) || isLight(arg)) ?? ''
const stub = (name: string): Command => new Command(name)
const load = Object.hasOwn(heavy, verb) || (!isLight(verb) && !isCompletion)
const more = load ? await Promise.all(Object.values(heavy).map((make) => make())) : isCompletion ? Object.keys(heavy).map(stub) : []
const exitCode = await runCommandLine(args, processTerminal, more)
// Zero leaves alone what a verb set by itself.
if (exitCode !== 0) process.exitCode = exitCode
