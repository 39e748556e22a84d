/** The proxy that tests put between a client and a server loses, delays and cuts what it was told to, and nothing else. */
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startProxy } from '../support/proxy.ts'
import type { Framing, ProxyOptions } from '../support/proxy.ts'

/** A server that answers each line with the same line in capitals, behind a proxy whose messages are lines. */
const behindProxy = async (framing?: ProxyOptions['framing']) => {
  const heard: string[] = []
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.on('data', (bytes) => {
      heard.push(...String(bytes).trim().split('\n'))
      socket.write(String(bytes).toUpperCase())
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const proxy = await startProxy({ server: { host: '127.0.0.1', port: (server.address() as AddressInfo).port }, framing: framing ?? lines })
  onTestFinished(async () => {
    await proxy.close()
    await new Promise((resolve) => server.close(resolve))
  })
  return { proxy, heard, client: () => newClient(proxy.port) }
}

/** A line is a message; its first word is its kind, in small letters in both directions. */
const lines = (): Framing => ({
  split: (direction, bytes) =>
    String(bytes)
      .split(/(?<=\n)/)
      .map((line) => ({ direction, kind: line.trim().split(' ')[0]?.toLowerCase() ?? '', bytes: Buffer.from(line) })),
})

const newClient = (port: number) => {
  const socket: Socket = connect(port, '127.0.0.1')
  let received = ''
  let changed: () => void = () => {}
  const ended = new Promise<void>((resolve) => socket.on('close', () => resolve()))
  socket.on('error', () => socket.destroy())
  socket.on('data', (bytes) => {
    received += String(bytes)
    changed()
  })
  onTestFinished(() => void socket.destroy())
  return {
    ended,
    say: (line: string) => socket.write(`${line}\n`),
    hears: async (line: string) => {
      while (!received.includes(`${line}\n`)) await new Promise<void>((resolve) => (changed = resolve))
      return received.trim().split('\n')
    },
  }
}

describe('the proxy', () => {
  it('passes on what no fault meets, and counts it by direction and kind', async () => {
    const { proxy, client } = await behindProxy()
    const one = client()
    one.say('ping a')
    await one.hears('PING A')
    one.say('read b')
    expect(await one.hears('READ B')).toEqual(['PING A', 'READ B'])
    expect([proxy.hits('toServer'), proxy.hits('toServer', 'ping'), proxy.hits('toClient', 'read'), proxy.hits('toClient', 'write')]).toEqual([2, 1, 1, 0])
    expect(proxy.connections).toEqual({ open: 1, accepted: 1, refused: 0 })
  })

  it('swallows answers of one kind, as often as it was told, while the server did what was asked', async () => {
    const { proxy, client, heard } = await behindProxy()
    const lost = proxy.fault({ direction: 'toClient', kind: 'write', effect: 'swallow', times: 1 })
    const one = client()
    one.say('write 1')
    one.say('read 2')
    one.say('write 3')
    expect(await one.hears('WRITE 3')).toEqual(['READ 2', 'WRITE 3'])
    expect(heard).toEqual(['write 1', 'read 2', 'write 3'])
    expect(lost.hits).toBe(1)
  })

  it('cuts the connection instead of passing a request on, and takes the next connection', async () => {
    const { proxy, client, heard } = await behindProxy()
    const cut = proxy.fault({ direction: 'toServer', kind: 'write', effect: 'cut' })
    const one = client()
    one.say('write 1')
    await one.ended
    expect(heard).toEqual([])
    cut.heal()
    const other = client()
    other.say('write 2')
    await other.hears('WRITE 2')
    expect([cut.hits, proxy.connections.accepted]).toEqual([1, 2])
  })

  it('holds up one direction, in order', async () => {
    const { proxy, client } = await behindProxy()
    proxy.fault({ direction: 'toClient', kind: 'slow', effect: { delayMs: 150 } })
    const one = client()
    const began = performance.now()
    one.say('slow 1')
    one.say('fast 2')
    expect(await one.hears('FAST 2')).toEqual(['SLOW 1', 'FAST 2'])
    expect(performance.now() - began).toBeGreaterThanOrEqual(145)
  })

  it('cuts everything that is open, and refuses what comes until it accepts again', async () => {
    const { proxy, client } = await behindProxy()
    const one = client()
    one.say('ping 1')
    await one.hears('PING 1')
    proxy.refuse()
    proxy.cut()
    await one.ended
    await client().ended
    expect(proxy.connections).toEqual({ open: 0, accepted: 1, refused: 1 })
    proxy.accept()
    const again = client()
    again.say('ping 2')
    await again.hears('PING 2')
  })

  it('without a protocol takes whatever arrives as a message', async () => {
    const { proxy, client } = await behindProxy(() => ({ split: (direction, bytes) => [{ direction, kind: 'bytes', bytes }] }))
    proxy.fault({ direction: 'toServer', effect: 'swallow', times: 1 })
    const one = client()
    one.say('lost')
    while (proxy.hits('toServer') === 0) await new Promise((resolve) => setImmediate(resolve))
    one.say('heard')
    expect(await one.hears('HEARD')).toEqual(['HEARD'])
  })
})
