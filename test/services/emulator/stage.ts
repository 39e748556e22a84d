/** An emulator on a free port with a clock that the test moves: the real routes, the real adapter, no waiting. */
import { fastify } from 'fastify'
import { createEmulatorSubCluster } from '../../../adapters/emulator/sub-cluster.ts'
import type { Clock, SubCluster } from '../../../core/ports.ts'
import { addEmulatorRoutes } from '../../../services/emulator/routes.ts'
import { createEmulation, type Emulation } from '../../../services/emulator/emulation.ts'
import { builtInScenario, parseScenario, type Scenario } from '../../../services/emulator/scenario.ts'
import { nodes } from '../../core/rollout/group-status.ts'

export type EmulatorStage = {
  readonly url: string
  readonly subCluster: SubCluster
  readonly emulation: Emulation
  /** Moves the clock and the world by so much world time. */
  pass(ms: number): void
  get(path: string): Promise<{ readonly status: number; readonly text: string }>
  send(method: 'POST' | 'DELETE', path: string, body?: object): Promise<{ readonly status: number; readonly text: string }>
  stop(): Promise<void>
}

/** The built-in scenario on one sub-cluster: chat-70b at 2P+4D. */
export const chatScenario = (): Scenario => builtInScenario(['sub-a'])

/** The nodes of the contract suite and no group. */
export const emptyScenario = (): Scenario => {
  const [service] = chatScenario().services
  return parseScenario({ subClusters: [{ name: 'sub-a', nodes }], services: [{ ...service, groups: [] }] })
}

export const openEmulator = async (scenario: Scenario, timeoutMs = 2_000): Promise<EmulatorStage> => {
  let now = 1_763_900_000_000
  const sleepers: { readonly at: number; readonly wake: () => void }[] = []
  const clock: Clock = {
    now: () => now,
    speed: 1,
    sleep: (duration) => new Promise((wake) => void sleepers.push({ at: now + duration, wake })),
  }
  const emulation = createEmulation(scenario, clock)
  const http = fastify()
  addEmulatorRoutes(http, emulation)
  const url = await http.listen({ port: 0, host: '127.0.0.1' })
  const call = async (path: string, init: RequestInit) => {
    const response = await fetch(url + path, init)
    return { status: response.status, text: await response.text() }
  }
  return {
    url,
    emulation,
    subCluster: createEmulatorSubCluster({ name: 'sub-a', url, timeoutMs }),
    pass: (ms) => {
      now += ms
      emulation.world.advance(now)
      for (const { at, wake } of sleepers) if (at <= now) wake()
    },
    get: (path) => call(path, {}),
    send: (method, path, body) =>
      call(path, body === undefined ? { method } : { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    stop: async () => {
      emulation.apiFaults.release()
      await http.close()
    },
  }
}
