/** The command `heteroscale`. */
import { Command } from 'commander'
import { completeVerb } from './completion.ts'
import { heavyVerbs } from './heavy-verbs.ts'
import { isLight, runCommandLine } from './program.ts'
import { processTerminal } from './terminal.ts'

// `heteroscale get decisions | head -1` closes the pipe: that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})

const args = process.argv.slice(2)
const isCompletion = args[0] === completeVerb
// The first word that is a verb: a service may be called `get`.
const verb = args.find((arg) => Object.hasOwn(heavyVerbs, arg) || isLight(arg)) ?? ''
const stub = (name: string): Command => new Command(name)
const load = Object.hasOwn(heavyVerbs, verb) || (!isLight(verb) && !isCompletion)
const more = load ? await Promise.all(Object.values(heavyVerbs).map((make) => make())) : isCompletion ? Object.keys(heavyVerbs).map(stub) : []
const exitCode = await runCommandLine(args, processTerminal, more)
// Zero leaves alone what a verb set by itself.
if (exitCode !== 0) process.exitCode = exitCode
