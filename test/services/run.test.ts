/** The frame of every process: probes, graceful stop, and a non-zero exit when its consumer is dead. */
import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { until } from '../support/until.ts'
import { pickPort } from '../../infra/local/ports.ts'

const script = join(import.meta.dirname, 'mortal-service.ts')
let child: ChildProcess | undefined
afterEach(() => void child?.kill('SIGKILL'))

type Run = { readonly url: string; readonly output: () => string; readonly exit: Promise<number | null> }

const run = async (fate: string, env: Record<string, string> = {}): Promise<Run> => {
  const port = await pickPort(0)
  let output = ''
  const process_ = spawn(process.execPath, ['--import', 'tsx', script, fate], { env: { ...process.env, HETEROSCALE_HTTP_PORT: String(port), ...env } })
  child = process_
  process_.stdout.on('data', (chunk) => (output += String(chunk)))
  process_.stderr.on('data', (chunk) => (output += String(chunk)))
  const exit = new Promise<number | null>((resolve) => process_.once('exit', resolve))
  return { url: `http://127.0.0.1:${port}`, output: () => output, exit }
}

const status = async (url: string): Promise<number> => fetch(url).then((response) => response.status, () => 0)

describe('a process', () => {
  test('answers its probes and its metrics, and finishes its work on SIGTERM', async () => {
    const { url, output, exit } = await run('lives')
    await until('ready', async () => (await status(`${url}/readyz`)) === 200)
    expect(await status(`${url}/livez`)).toBe(200)
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('process_cpu_seconds_total{service="mortal"}')
    child?.kill('SIGTERM')
    expect(await exit).toBe(0)
    expect(output()).toContain('finished what was in flight')
  })

  test('that is not ready says 503, and so does one that stalled', async () => {
    const unready = await run('unready')
    await until('up', async () => (await status(`${unready.url}/livez`)) === 200)
    expect(await status(`${unready.url}/readyz`)).toBe(503)
    child?.kill('SIGKILL')
    const stalled = await run('stalled')
    await until('up', async () => (await status(`${stalled.url}/readyz`)) === 200)
    expect(await status(`${stalled.url}/livez`)).toBe(503)
  })

  test('whose consumer is dead exits with 1 and says why', async () => {
    const { output, exit } = await run('consumer-dies')
    expect(await exit).toBe(1)
    expect(output()).toContain('the consumer is dead')
  })

  test('with a faulty configuration exits with 3 and names every fault', async () => {
    const { output, exit } = await run('lives', { HETEROSCALE_LOG_LEVEL: 'loud', HETEROSCALE_SPEED: '-1' })
    expect(await exit).toBe(3)
    expect(output()).toMatch(/HETEROSCALE_LOG_LEVEL[\s\S]*HETEROSCALE_SPEED/)
  })
})
