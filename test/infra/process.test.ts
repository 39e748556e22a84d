/** Supervised processes: log, exit, restart, and no orphan whatever happens to their parent. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { superviseProcess } from '../../infra/local/process.ts'
import type { ProcessSpec } from '../../infra/local/process.ts'
import { scratchDir } from '../support/scratch-dir.ts'

/** A shell script under supervision, gone when the test ends. */
function supervised(script: string, more: Partial<ProcessSpec> = {}) {
  const logFile = join(scratchDir(), 'logs', 'program.log')
  const handle = superviseProcess({ name: 'program', command: '/bin/sh', args: ['-c', script], logFile, ...more })
  onTestFinished(async () => {
    handle.kill()
    await handle.exited
  })
  return { handle, log: () => (existsSync(logFile) ? readFileSync(logFile, 'utf8') : '') }
}

/** True while the process exists and is not merely waiting to be buried. */
function isRunning(pid: number): boolean {
  try {
    const state = execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).trim()
    return state !== '' && !state.startsWith('Z')
  } catch {
    return false
  }
}

const soon = { timeout: 10_000, interval: 20 }

/** The number behind a word that some process printed. */
async function printedPid(output: () => string, word: string): Promise<number> {
  const pattern = new RegExp(`${word} (\\d+)`)
  await vi.waitFor(() => expect(output()).toMatch(pattern), soon)
  return Number(pattern.exec(output())?.[1])
}

test('the program has its own process id and exit code, and both its outputs are in the log', async () => {
  const { handle, log } = supervised('echo "I am $$"; echo trouble >&2; exit 7')
  const pid = handle.pid
  expect(await handle.exited).toEqual({ code: 7, signal: null })
  expect(log()).toBe(`I am ${pid}\ntrouble\n`)
  expect(handle.pid).toBeUndefined()
})

test('kill -9 is seen as that signal, and restart runs the same program again with a new process id', async () => {
  const { handle, log } = supervised('echo "run $$"; exec sleep 300')
  const first = await printedPid(log, 'run')
  expect(handle.kill('SIGKILL')).toBe(true)
  expect(await handle.exited).toEqual({ code: null, signal: 'SIGKILL' })
  await handle.restart()
  expect(handle.pid).not.toBe(first)
  await vi.waitFor(() => expect(log()).toBe(`run ${first}\nrun ${handle.pid}\n`), soon)
})

/** A stranger that listens on a port of the system's choice. */
async function stranger(): Promise<{ readonly port: number; leave(): Promise<void> }> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const leave = () => new Promise<void>((resolve) => server.close(() => resolve()))
  onTestFinished(leave)
  return { port: (server.address() as AddressInfo).port, leave }
}

test('a restart waits until a stranger has left the port of the program', async () => {
  const { port, leave } = await stranger()
  const { handle } = supervised('exec sleep 300', { ports: [port] })
  const first = handle.pid
  handle.kill()
  await handle.exited
  const restarting = handle.restart()
  const outcome = await Promise.race([restarting.then(() => 'restarted'), delay(300).then(() => 'waits')])
  expect([outcome, handle.pid]).toEqual(['waits', undefined])
  await leave()
  await restarting
  expect(handle.pid).toBeDefined()
  expect(handle.pid).not.toBe(first)
})

test('a restart whose port stays taken says so, starts nothing, and can be asked for again', async () => {
  const { port, leave } = await stranger()
  const { handle } = supervised('exec sleep 300', { ports: [port], portsWithinMs: 100 })
  handle.kill()
  await expect(handle.restart()).rejects.toMatchObject({ code: 'PORT_TAKEN', message: expect.stringContaining(`program: another program has listened on its port ${port}`) as string })
  expect(handle.pid).toBeUndefined()
  await leave()
  await handle.restart()
  expect(handle.pid).toBeDefined()
})

test('stop is polite first and forceful after the grace', async () => {
  const polite = supervised(`trap 'echo bye; exit 0' TERM; echo "up $$"; while :; do sleep 0.05; done`)
  await printedPid(polite.log, 'up')
  expect(await polite.handle.stop()).toEqual({ code: 0, signal: null })
  expect(polite.log()).toContain('bye')

  const deaf = supervised(`trap '' TERM; echo "up $$"; while :; do sleep 0.05; done`)
  await printedPid(deaf.log, 'up')
  expect(await deaf.handle.stop(50)).toEqual({ code: null, signal: 'SIGKILL' })
})

test('a stopped program hears that it shall end', async () => {
  const { handle, log } = supervised(`trap 'echo bye; exit 0' TERM; echo "up $$"; while :; do sleep 0.05; done`)
  await printedPid(log, 'up')
  handle.kill('SIGSTOP')
  expect(await handle.stop()).toEqual({ code: 0, signal: null })
})

test('a program that cannot be started is an exit whose reason is in the log', async () => {
  const absent = supervised('', { command: '/no/such/program' })
  expect(await absent.handle.exited).toEqual({ code: 127, signal: null })
  expect(absent.log()).toContain('/no/such/program')
  const nowhere = supervised('true', { cwd: '/no/such/folder' })
  expect(await nowhere.handle.exited).toEqual({ code: 127, signal: null })
  expect(nowhere.log()).toContain('ENOENT')
})

test('what a program leaves behind when it ends is swept before its exit is told', async () => {
  const { handle, log } = supervised('sleep 300 & echo "left $!"')
  await handle.exited
  const left = await printedPid(log, 'left')
  expect(isRunning(left)).toBe(false)
})

test('readiness is the probe’s first success', async () => {
  const flagFile = join(scratchDir(), 'ready')
  const probe = () => (existsSync(flagFile) ? Promise.resolve() : Promise.reject(new Error('not yet')))
  const { handle } = supervised(`sleep 0.2; touch '${flagFile}'; exec sleep 300`, { probe })
  await handle.whenReady()
  expect(existsSync(flagFile)).toBe(true)
})

test('a program that ends before it is ready is an error that shows the end of its log', async () => {
  const { handle } = supervised('echo "port 9092 is taken"; exit 1', { probe: () => Promise.reject(new Error('refused')) })
  await expect(handle.whenReady()).rejects.toMatchObject({
    code: 'PROCESS_EXITED',
    message: expect.stringContaining('port 9092 is taken') as string,
  })
})

test('a program that never becomes ready is an error after the allowed time', async () => {
  const { handle } = supervised('exec sleep 300', { probe: () => Promise.reject(new Error('refused')), readyTimeoutMs: 200 })
  await expect(handle.whenReady()).rejects.toMatchObject({ code: 'PROCESS_NOT_READY' })
})

test.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)('after %s of the parent neither child nor grandchild is left', async (signal) => {
  const logFile = join(scratchDir(), 'child.log')
  const script = join(import.meta.dirname, 'crashing-parent.ts')
  const parent = spawn(process.execPath, ['--import', 'tsx', script, logFile], { stdio: ['ignore', 'pipe', 'inherit'] })
  let printed = ''
  parent.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  const child = await printedPid(() => printed, 'child')
  const grandchild = await printedPid(() => (existsSync(logFile) ? readFileSync(logFile, 'utf8') : ''), 'grandchild')
  expect([isRunning(child), isRunning(grandchild)]).toEqual([true, true])

  parent.kill(signal)
  await once(parent, 'exit')
  await vi.waitFor(() => expect([isRunning(child), isRunning(grandchild)]).toEqual([false, false]), soon)
})
