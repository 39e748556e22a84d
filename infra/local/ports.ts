/** Picks TCP ports: the usual one when it is free, else one that no outgoing connection can take. */
import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * A port nobody listens on, `preferred` if possible. Another process may still take it before it is used, so
 * whoever binds it must be ready to ask again.
 */
export async function pickPort(preferred: number): Promise<number> {
  return (await isFree(preferred)) ? preferred : anyPort()
}

/** The first of the ports on which somebody listens, or whose number a connection uses; undefined when all are free. */
export async function firstTaken(ports: readonly number[]): Promise<number | undefined> {
  for (const port of ports) if (!(await isFree(port))) return port
  return undefined
}

const isFree = async (port: number): Promise<boolean> => (await canListen(port, '127.0.0.1')) && (await canListen(port, undefined))

/**
 * Systems give outgoing connections numbers from 32,768 (Linux) or 49,152 (macOS) up. A server on such a port that is restarted
 * may find a connection in its place, for minutes; below, only other servers compete.
 */
const listening = { least: 15_000, below: 32_000 } as const

async function anyPort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(listening.least, listening.below)
    if (await isFree(port)) return port
  }
  return systemPort()
}

/**
 * For servers that are killed and come back: another launcher that looks for its usual ports just then would take theirs. For
 * `pickPorts` in the place of the usual ones.
 */
export const unusual = <Name extends string>(usual: Record<Name, number>): Record<Name, number> =>
  Object.fromEntries(Object.keys(usual).map((name) => [name, 0])) as Record<Name, number>

/** Ports for several servers at once, all different. */
export async function pickPorts<Name extends string>(preferred: Record<Name, number>): Promise<Record<Name, number>> {
  const picked: Record<string, number> = {}
  for (const [name, port] of Object.entries<number>(preferred)) {
    picked[name] = await pickOutside(port, Object.values(picked))
  }
  return picked
}

async function pickOutside(preferred: number, taken: number[]): Promise<number> {
  const port = await pickPort(preferred)
  return taken.includes(port) ? pickOutside(0, taken) : port
}

function canListen(port: number, host: string | undefined): Promise<boolean> {
  if (port === 0) return Promise.resolve(false)
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)))
  })
}

function systemPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}
