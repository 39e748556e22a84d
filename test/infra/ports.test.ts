/** Free ports are found when the usual ones are taken. */
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { pickPort, pickPorts, unusual } from '../../infra/local/ports.ts'

async function takenPort(host: string): Promise<number> {
  const server = createServer()
  onTestFinished(() => void server.close())
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  return (server.address() as AddressInfo).port
}

test('the usual port is picked when nobody listens on it', async () => {
  const free = await pickPort(0)
  expect(await pickPort(free)).toBe(free)
})

test.each(['127.0.0.1', '0.0.0.0'])('another port is picked when somebody listens on %s', async (host) => {
  const taken = await takenPort(host)
  const picked = await pickPort(taken)
  expect(picked).not.toBe(taken)
  expect(picked).toBeGreaterThan(0)
})

test('a port that is picked instead is none that an outgoing connection can take before its server is restarted', async () => {
  const picked = await Promise.all(Array.from({ length: 20 }, () => pickPort(0)))
  for (const port of picked) expect(port).toBeLessThan(32_768)
})

test('two servers that want the same port get two ports', async () => {
  const free = await pickPort(0)
  const { first, second } = await pickPorts({ first: free, second: free })
  expect(first).toBe(free)
  expect(second).not.toBe(free)
})

test('who comes back after a kill listens where no other launcher looks first', async () => {
  const free = await pickPort(0)
  const { first, second } = await pickPorts(unusual({ first: free, second: free }))
  expect(new Set([free, first, second]).size).toBe(3)
})
