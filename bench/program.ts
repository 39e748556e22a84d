/** Programs under measurement: each a process of its own, with a log file that says when it begins its work. */
import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { superviseProcess, type ServerHandle } from '../infra/local/process.ts'
import { projectRoot } from '../infra/local/project-root.ts'

export type ProgramOptions = {
  readonly name: string
  /** Arguments of node, the script included. */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly probe?: (handle: ServerHandle) => Promise<unknown>
}

/** A fresh folder for the log files of one run. */
export const logFolder = (): string => mkdtempSync(join(tmpdir(), 'heteroscale-bench-'))

export const startProgram = (dir: string, { name, args, env, probe }: ProgramOptions): ServerHandle => {
  const handle: ServerHandle = superviseProcess({
    name,
    command: process.execPath,
    args,
    cwd: projectRoot,
    env,
    logFile: join(dir, `${name}.log`),
    ...(probe === undefined ? {} : { probe: () => probe(handle) }),
  })
  return handle
}

/** Arguments for a script of bench/processes, which runs from source. */
export const fromSource = (script: string): readonly string[] => ['--import', 'tsx', join(projectRoot, 'bench/processes', script)]

/** Arguments for a compiled program of the product, whose tree may be an earlier one. Throws when it was not built. */
export const compiled = (script: string, root: string = projectRoot): readonly string[] => {
  const path = join(root, 'dist', script)
  if (!existsSync(path)) throw new Error(`BENCH_BUILD ${path}: got no file; allowed: the compiled program; nothing was measured: run npm run build`)
  return [path]
}

/** 5 ms of one core are 0.3 % of the shortest run. */
const pollMs = 5

/** Resolves when the program has written `mark` into its log. Throws with the log's end when it ended before. */
export const untilMarked = async (handle: ServerHandle, mark: string): Promise<void> => {
  for (;;) {
    const log = existsSync(handle.logFile) ? readFileSync(handle.logFile, 'utf8') : ''
    if (log.includes(mark)) return
    if (handle.pid === undefined) throw new Error(`BENCH_PROCESS ${handle.name}: it ended without "${mark}"; its log ends: ${log.slice(-800)}`)
    await delay(pollMs)
  }
}

/** The process id; throws when the program has ended. */
export const pidOf = (handle: ServerHandle): number => {
  if (handle.pid === undefined) throw new Error(`BENCH_PROCESS ${handle.name}: it has ended; its log ends: ${readFileSync(handle.logFile, 'utf8').slice(-800)}`)
  return handle.pid
}
