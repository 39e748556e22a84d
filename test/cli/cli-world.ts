/** A command line that talks to an API on a memory broker, with everything it prints kept. */
import { readFileSync } from 'node:fs'
import type { ExitCode } from '../../cli/exit-codes.ts'
import { runCommandLine } from '../../cli/program.ts'
import type { Terminal } from '../../cli/terminal.ts'
import type { ApiWorld } from '../services/api/api-world.ts'
import { createApiWorld } from '../services/api/api-world.ts'

export type Ran = { readonly exitCode: ExitCode; readonly out: string; readonly err: string }

type TerminalOverrides = Partial<Pick<Terminal, 'isTty' | 'columns' | 'env' | 'pause' | 'ask'>> & { readonly files?: { readonly [path: string]: string } }

/** Runs one command line; `files` stand in for the disk, everything else is read from it. */
export const runCli = async (args: readonly string[], { files = {}, ...overrides }: TerminalOverrides = {}): Promise<Ran> => {
  const out: string[] = []
  const err: string[] = []
  const terminal: Terminal = {
    print: (text) => void out.push(text),
    warn: (text) => void err.push(text),
    read: async (path) => (path in files ? new TextEncoder().encode(files[path]) : readFileSync(path)),
    env: {},
    isTty: false,
    columns: null,
    pause: () => Promise.resolve('stop'),
    ...overrides,
  }
  const exitCode = await runCommandLine(args, terminal)
  return { exitCode, out: out.join('\n'), err: err.join('\n') }
}

export type CliWorld = ApiWorld & { readonly cli: (...args: readonly string[]) => Promise<Ran>; readonly server: string }

/** The same with an API behind `--server`. */
export const createCliWorld = async (): Promise<CliWorld> => {
  const world = await createApiWorld()
  const server = await world.http.listen({ host: '127.0.0.1', port: 0 })
  return { ...world, server, cli: (...args) => runCli([...args, '--server', server]) }
}
