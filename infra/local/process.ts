/**
 * Runs a program so that it can never outlive us: log file, exit promise, kill, restart. Used for the local
 * servers and for our own services alike. POSIX systems only.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { appendFileSync, closeSync, mkdirSync, openSync } from 'node:fs'
import type { Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { LauncherError } from './launcher-error.ts'
import { lastLines } from './log-file.ts'
import { firstTaken } from './ports.ts'
import { projectRoot } from './project-root.ts'

/** What to run. */
export interface ProcessSpec {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  /** Added to the environment of this process; undefined removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  /** Receives stdout and stderr, appended; its folder is created. */
  readonly logFile: string
  /** TCP ports it will listen on: a restart waits until whoever took them meanwhile is gone. */
  readonly ports?: readonly number[]
  /** How long a restart waits for its ports, default 20,000 ms. */
  readonly portsWithinMs?: number
  /** One attempt to reach the program; rejects while it is not ready. Without it, running counts as ready. */
  readonly probe?: () => Promise<unknown>
  /** How long `whenReady` tries, default 60,000 ms. */
  readonly readyTimeoutMs?: number
}

/** How a run ended: an exit code, or the signal that ended it. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A program under supervision; after `restart` the same handle speaks for the new run. */
export interface ServerHandle {
  readonly name: string
  readonly logFile: string
  /** The process id while it runs, else undefined. */
  readonly pid: number | undefined
  /** Resolves when the current run has ended and nothing of its process group is left; never rejects. */
  readonly exited: Promise<Exit>
  /** Resolves once the probe succeeds; rejects with PROCESS_EXITED or PROCESS_NOT_READY. */
  whenReady(): Promise<void>
  /** Sends a signal to the program itself, default SIGKILL; false when it does not run. */
  kill(signal?: NodeJS.Signals): boolean
  /** SIGTERM, then SIGKILL after `graceMs` (default 10,000); resolves when it has ended. */
  stop(graceMs?: number): Promise<Exit>
  /** Ends what runs, starts again on the same data and ports, and waits until ready. Rejects with PORT_TAKEN before it starts. */
  restart(): Promise<void>
}

/** Ties the program's life to ours, also when we are killed; the file tells how. */
const guard = join(projectRoot, 'infra/local/guard.sh')

const probePauseMs = 100

/** What shells answer when a command cannot be started; the reason is in the log. */
const exitNotStarted = 127

/** Starts the program and returns at once; await `whenReady` before talking to it. */
export function superviseProcess(spec: ProcessSpec): ServerHandle {
  let run = launch(spec)
  const stop = async (graceMs = 10_000): Promise<Exit> => {
    run.signal('SIGTERM')
    // A program that was stopped in a test would not hear it otherwise.
    run.signal('SIGCONT')
    const forced = setTimeout(() => run.signal('SIGKILL'), graceMs)
    return run.exited.finally(() => clearTimeout(forced))
  }
  const whenReady = () => waitUntilReady(spec, run)
  return {
    name: spec.name,
    logFile: spec.logFile,
    get pid() {
      return run.isRunning() ? run.pid : undefined
    },
    get exited() {
      return run.exited
    },
    whenReady,
    kill: (signal = 'SIGKILL') => run.signal(signal),
    stop,
    async restart() {
      await stop()
      await portsFree(spec)
      run = launch(spec)
      await whenReady()
    },
  }
}

/** Others were told the ports, so it cannot come back on different ones. */
async function portsFree({ name, ports = [], portsWithinMs = 20_000 }: ProcessSpec): Promise<void> {
  const deadline = Date.now() + portsWithinMs
  for (;;) {
    const taken = await firstTaken(ports)
    if (taken === undefined) return
    if (Date.now() >= deadline)
      throw new LauncherError('PORT_TAKEN', `${name}: another program has listened on its port ${taken} for ${portsWithinMs} ms since it ended; the port must be free; it was not started again`)
    await delay(probePauseMs)
  }
}

interface Run {
  readonly pid: number | undefined
  readonly exited: Promise<Exit>
  isRunning(): boolean
  signal(signal: NodeJS.Signals): boolean
}

function launch(spec: ProcessSpec): Run {
  mkdirSync(dirname(spec.logFile), { recursive: true })
  const log = openSync(spec.logFile, 'a')
  const child = spawn('/bin/sh', [guard, spec.command, ...spec.args], {
    cwd: spec.cwd,
    env: { ...process.env, ...spec.env },
    detached: true,
    stdio: ['ignore', log, log, 'pipe'],
  })
  closeSync(log)
  const isRunning = () => child.exitCode === null && child.signalCode === null && child.pid !== undefined
  return { pid: child.pid, exited: ending(child, spec.logFile), isRunning, signal: (signal) => isRunning() && child.kill(signal) }
}

/** The exit, told only after the guard has swept the process group: the guard holds the pipe's other end until it dies. */
function ending(child: ChildProcess, logFile: string): Promise<Exit> {
  const pipe = child.stdio[3] as Socket
  const swept = new Promise<void>((resolve) => pipe.once('close', () => resolve()))
  pipe.on('error', () => pipe.destroy())
  pipe.resume()
  // The pipe alone must not keep us alive; the running program does.
  pipe.unref()
  return new Promise<Exit>((resolve) => {
    child.once('error', (failure) => {
      appendFileSync(logFile, `${failure.message}\n`)
      resolve({ code: exitNotStarted, signal: null })
    })
    child.once('exit', (code, signal) => {
      pipe.ref()
      pipe.end()
      void swept.then(() => resolve({ code, signal }))
    })
  })
}

async function waitUntilReady(spec: ProcessSpec, run: Run): Promise<void> {
  if (spec.probe === undefined) return
  const allowedMs = spec.readyTimeoutMs ?? 60_000
  const deadline = Date.now() + allowedMs
  let lastFailure: unknown
  while (Date.now() < deadline) {
    if (!run.isRunning()) throw await exitedEarly(spec, run)
    try {
      await spec.probe()
      return
    } catch (failure) {
      lastFailure = failure
    }
    await delay(probePauseMs)
  }
  throw new LauncherError('PROCESS_NOT_READY', `${spec.name}: no healthy answer within ${allowedMs} ms; last attempt: ${String(lastFailure)}; it still runs, its log is ${spec.logFile}`)
}

async function exitedEarly(spec: ProcessSpec, run: Run): Promise<LauncherError> {
  const { code, signal } = await run.exited
  const how = signal === null ? `exit code ${code}` : `signal ${signal}`
  return new LauncherError('PROCESS_EXITED', `${spec.name}: ended with ${how} before it was ready; nothing is left running; log ${spec.logFile} ends:\n${lastLines(spec.logFile, 8)}`)
}
