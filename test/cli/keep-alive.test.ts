/** What `up` keeps running: its own servers and processes come back when they end, those of others are left alone. */
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { keepAlive } from '../../cli/keep-alive.ts'
import { existingServer } from '../../infra/local/existing-server.ts'
import { superviseProcess } from '../../infra/local/process.ts'
import { scratchDir } from '../support/scratch-dir.ts'

const soon = { timeout: 10_000, interval: 20 }

const running = (name: string) => {
  const handle = superviseProcess({ name, command: '/bin/sleep', args: ['300'], logFile: join(scratchDir(), 'log') })
  onTestFinished(async () => void (await handle.stop()))
  return handle
}

test('a killed server is said to have ended and runs again; a stop ends the watch, also beside a server that never ends', async () => {
  const kafka = running('kafka')
  const first = kafka.pid
  const said: string[] = []
  let stop = (): void => undefined
  const stopped = new Promise<void>((resolve) => (stop = resolve))
  const keeping = keepAlive([kafka, existingServer('temporal', '10.0.0.7:7233')], stopped, (line) => said.push(line))
  kafka.kill('SIGKILL')
  await vi.waitFor(() => expect(said).toEqual([expect.stringMatching(/^kafka ended \(SIGKILL\); starting it again; log /), 'kafka runs again']), soon)
  expect(kafka.pid).toBeDefined()
  expect(kafka.pid).not.toBe(first)
  stop()
  await keeping
})

test('a restart that fails is said, and tried again', async () => {
  const said: string[] = []
  let stop = (): void => undefined
  const stopped = new Promise<void>((resolve) => (stop = resolve))
  let attempts = 0
  const broken = {
    ...existingServer('temporal', undefined),
    exited: Promise.resolve({ code: 1, signal: null }),
    restart: () => (++attempts < 2 ? Promise.reject(new Error('PORT_TAKEN temporal: …')) : Promise.resolve()),
  }
  const keeping = keepAlive([broken], stopped, (line) => said.push(line))
  await vi.waitFor(() => expect(said).toContain('temporal runs again'), soon)
  stop()
  await keeping
  expect(said.slice(0, 3)).toEqual([expect.stringContaining('temporal ended (exit code 1)'), 'PORT_TAKEN temporal: …', expect.stringContaining('temporal ended')])
})
