/**
 * A TCP proxy that stands between a client and a server and does to their messages what a bad network does: swallow, delay,
 * cut. What one message is says a protocol (kafka-frames.ts); without one it is whatever arrives at once.
 */
import { createServer, connect } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

export type Direction = 'toServer' | 'toClient'

/** `kind` is the protocol's word for it, for example `Produce`, in both directions. */
export type ProxiedMessage = { readonly direction: Direction; readonly kind: string; readonly bytes: Buffer }

/** The state of one connection: turns what arrived into whole messages, and keeps the rest for the next time. */
export type Framing = { split(direction: Direction, arrived: Buffer): readonly ProxiedMessage[] }

/**
 * `swallow`: the message is lost, the connection stays. `cut`: it is lost and both ends lose their connection. `delayMs`: it
 * arrives later, and so does everything behind it. `cutAfter`: its first bytes arrive, then both ends lose their connection.
 * `alter`: other bytes arrive in its place. A raw stream from which something was swallowed is of no use any more.
 */
export type Effect = 'swallow' | 'cut' | { readonly delayMs: number } | { readonly cutAfter: number } | { readonly alter: (bytes: Buffer) => Buffer }

export type FaultOptions = { readonly direction: Direction; readonly effect: Effect; readonly kind?: string; /** Default: without end. */ readonly times?: number }

/** A fault in force. `hits` counts the messages that it met. */
export type Fault = { readonly hits: number; heal(): void }

export type Proxy = {
  readonly port: number
  /** Faults are tried in the order in which they were made; the first that fits a message takes it. */
  fault(options: FaultOptions): Fault
  /** Messages that arrived at the proxy, also those that a fault took. */
  hits(direction: Direction, kind?: string): number
  readonly connections: { readonly open: number; readonly accepted: number; readonly refused: number }
  /** Cuts every open connection. */
  cut(): void
  /** From now on new connections are closed at once, until `accept`. */
  refuse(): void
  accept(): void
  close(): Promise<void>
}

export type ProxyOptions = {
  readonly server: { readonly host: string; readonly port: number }
  /** Makes the framing of one connection; gets the proxy's own port, for protocols that tell addresses. */
  readonly framing?: (proxyPort: number) => Framing
}

type ActiveFault = FaultOptions & { hits: number; left: number }

/** Listens on a port of its own on 127.0.0.1. */
export const startProxy = async (options: ProxyOptions): Promise<Proxy> => {
  const faults = new Set<ActiveFault>()
  const seen = new Map<string, number>()
  const pairs = new Set<Pair>()
  const count = { accepted: 0, refused: 0 }
  let isOpen = true
  const met = (message: ProxiedMessage): Effect | null => {
    for (const key of [message.direction, `${message.direction}/${message.kind}`]) seen.set(key, (seen.get(key) ?? 0) + 1)
    return effectOn(message, faults)
  }
  const server = createServer((client) => {
    if (!isOpen) return void ((count.refused += 1), client.destroy())
    count.accepted += 1
    const pair = join(client, { server: options.server, framing: (options.framing ?? raw)(port), met })
    pairs.add(pair)
    client.on('close', () => pairs.delete(pair))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const cut = (): void => [...pairs].forEach((pair) => pair.cut())
  return {
    port,
    fault: (fault) => activate(faults, fault),
    hits: (direction, kind) => seen.get(kind === undefined ? direction : `${direction}/${kind}`) ?? 0,
    get connections() {
      return { open: pairs.size, ...count }
    },
    cut,
    refuse: () => void (isOpen = false),
    accept: () => void (isOpen = true),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        cut()
      }),
  }
}

const raw = (): Framing => ({ split: (direction, bytes) => [{ direction, kind: 'bytes', bytes }] })

const activate = (faults: Set<ActiveFault>, options: FaultOptions): Fault => {
  const active: ActiveFault = { ...options, hits: 0, left: options.times ?? Infinity }
  faults.add(active)
  return {
    get hits() {
      return active.hits
    },
    heal: () => void faults.delete(active),
  }
}

const effectOn = ({ direction, kind }: ProxiedMessage, faults: ReadonlySet<ActiveFault>): Effect | null => {
  for (const fault of faults) {
    if (fault.direction !== direction || fault.left === 0 || (fault.kind ?? kind) !== kind) continue
    fault.left -= 1
    fault.hits += 1
    return fault.effect
  }
  return null
}

type Pair = { cut(): void }
type Joining = { readonly server: ProxyOptions['server']; readonly framing: Framing; met(message: ProxiedMessage): Effect | null }

/** Two sockets that are one connection: what ends the one ends the other, after what was still on its way. */
const join = (client: Socket, { server, framing, met }: Joining): Pair => {
  const upstream = connect(server)
  const pair: Pair = { cut: () => (client.destroy(), upstream.destroy()) }
  const pass = (direction: Direction, from: Socket, to: Socket): void => {
    const inOrder = lane()
    const write = (bytes: Buffer): void => void (to.destroyed || to.write(bytes))
    const cutAfter = (bytes: Buffer): void => void to.end(bytes, () => pair.cut())
    from.setNoDelay(true)
    from.on('data', (arrived) => {
      for (const message of framing.split(direction, arrived)) {
        const effect = met(message)
        if (effect === 'cut') return pair.cut()
        if (effect === 'swallow') continue
        if (effect !== null && 'cutAfter' in effect) return cutAfter(message.bytes.subarray(0, effect.cutAfter))
        const bytes = effect !== null && 'alter' in effect ? effect.alter(message.bytes) : message.bytes
        inOrder(effect !== null && 'delayMs' in effect ? effect.delayMs : 0, () => write(bytes))
      }
    })
    from.on('error', () => pair.cut())
    from.on('close', () => inOrder(0, () => to.destroySoon()))
  }
  pass('toServer', client, upstream)
  pass('toClient', upstream, client)
  return pair
}

/** Does things in order: nothing overtakes what is held up. */
const lane = (): ((delayMs: number, act: () => void) => void) => {
  let last: Promise<void> | null = null
  return (delayMs, act) => {
    if (last === null && delayMs === 0) return act()
    const mine: Promise<void> = (last ?? Promise.resolve())
      .then(() => new Promise<void>((resolve) => setTimeout(resolve, delayMs)))
      .then(() => {
        act()
        if (last === mine) last = null
      })
    last = mine
  }
}
