import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, describe, expect, it } from 'vitest'
import { interruptible } from '../../cli/interruptible.ts'
import { isAlive } from '../../infra/local/is-alive.ts'
import { scratchDir } from '../support/scratch-dir.ts'

const processes = new Set<() => void>()
afterEach(() => {
  for (const kill of processes) kill()
  processes.clear()
})

/** Resolves with all lines up to the end, and the exit code. `onLine` may interrupt. */
const run = async (onLine: (line: string, kill: (signal: NodeJS.Signals) => void) => void) => {
  const args = ['--import', 'tsx', 'test/cli/interrupted-start.ts', join(scratchDir(), 'child.log')]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  processes.add(() => void child.kill('SIGKILL'))
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line)
    onLine(line, (signal) => child.kill(signal))
  }
  return { lines, code: await exited }
}

const untilGone = async (pid: number): Promise<void> => {
  while (isAlive(pid)) await new Promise((resolve) => setImmediate(resolve))
}

describe('a command that is interrupted while its servers are starting', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('ends at once with 130 on %s, and what it had started ends too', async (signal) => {
    const { lines, code } = await run((line, kill) => line.startsWith('child') && kill(signal))
    expect(code).toBe(130)
    expect(lines.at(-1)).toBe('stopped')
    await untilGone(Number(lines[0]?.split(' ')[1]))
  })

  it('gives the signals back once they started', async () => {
    const before = process.listenerCount('SIGINT')
    expect(await interruptible(() => Promise.resolve(process.listenerCount('SIGINT')), () => undefined)).toBe(before + 1)
    expect(process.listenerCount('SIGINT')).toBe(before)
  })
})
