/** Verbs that need the whole product, half a second of loading: it stays on disk until one of them is asked for. */
import type { Command } from 'commander'
import { processTerminal } from './terminal.ts'

export const heavyVerbs: { readonly [verb: string]: () => Promise<Command> } = {
  demo: async () => (await import('./demo.ts')).demoCommand(processTerminal),
  up: async () => (await import('./up.ts')).upCommand(),
  down: async () => (await import('./down.ts')).downCommand(),
  replay: async () => (await import('./replay.ts')).replayCommand(),
  verify: async () => (await import('./verify.ts')).verifyCommand(processTerminal),
  repair: async () => (await import('./repair.ts')).repairCommand(processTerminal),
}
