/** Plays the collector: instances and inventory as the emulator has them, samples of a load that the bench sets. */
import { createEmulatorSubCluster } from '../../adapters/emulator/sub-cluster.ts'
import type { SignalEvent } from '../../core/events/event.ts'
import type { ServiceId } from '../../core/ids.ts'
import type { Appender, OutRecord } from '../../core/ports.ts'
import { roles, type Role, type RoleCounts } from '../../core/roles.ts'
import { localCell, localSubCluster } from '../../infra/local/fleet.ts'
import { inventoriesObserved, instancesObserved, type ClusterView } from '../../services/collector/observations.ts'
import type { Stage } from './stage.ts'

export type Observer = {
  /** Decode tokens per second from the next sample on. */
  setLoad(service: ServiceId, tps: number): void
  /** Registered instances as last observed. */
  registered(service: ServiceId): RoleCounts
  stop(): Promise<void>
}

/** Wall time between two samples of a service; services follow one another through it. */
export const samplePeriodMs = 1_000
const lookPeriodMs = 250
const inventoryPeriodMs = 5_000

export const observe = async ({ services, fleet, eventLog }: Stage): Promise<Observer> => {
  const appender = await eventLog.appender()
  const subCluster = createEmulatorSubCluster({ name: localSubCluster, url: fleet.emulatorUrl })
  const loads = new Map(services.map((service) => [service, 0]))
  let view = await look(subCluster)
  const failures: unknown[] = []
  const repeat = (periodMs: number, delayMs: number, action: () => Promise<unknown>): (() => Promise<void>) => {
    let last: Promise<unknown> = Promise.resolve()
    let timer: NodeJS.Timeout
    const again = (): void => {
      last = action().catch((error: unknown) => failures.push(error))
      timer = setTimeout(again, periodMs)
    }
    timer = setTimeout(again, delayMs)
    return async () => {
      clearTimeout(timer)
      await last
    }
  }
  const tellInventory = (): Promise<unknown> =>
    appender.append(inventoriesObserved(view).map((event): OutRecord => ({ topic: 'cells', key: event.cell, event })))
  const running = [
    repeat(lookPeriodMs, 0, async () => void (view = await look(subCluster))),
    repeat(inventoryPeriodMs, 0, tellInventory),
    ...services.map((service, index) =>
      repeat(samplePeriodMs, (index * samplePeriodMs) / services.length, () => sample(appender, view, { service, tps: loads.get(service) ?? 0 })),
    ),
  ]
  return {
    setLoad: (service, tps) => void loads.set(service, tps),
    registered: (service) => registeredOf(view, service),
    stop: async () => {
      await Promise.all(running.map((stop) => stop()))
      if (failures.length > 0) throw new Error(`BENCH_OBSERVER ${failures.length} appends or looks failed, first: ${String(failures[0])}`)
    },
  }
}

const look = async (subCluster: ReturnType<typeof createEmulatorSubCluster>): Promise<ClusterView> => {
  const observedAt = Date.now()
  const [nodes, { complete, groups }] = await Promise.all([subCluster.listNodes(), subCluster.listGroups()])
  return { cell: localCell, subCluster: localSubCluster, observedAt, complete, groups, nodes }
}

const registeredOf = ({ groups }: ClusterView, service: ServiceId): RoleCounts => {
  const instances = groups.filter((group) => group.service === service).flatMap((group) => group.instances)
  const count = (role: Role): number => instances.filter((instance) => instance.role === role && instance.registered).length
  return { prefill: count('prefill'), decode: count('decode') }
}

const sample = (appender: Appender, view: ClusterView, { service, tps }: { readonly service: ServiceId; readonly tps: number }): Promise<unknown> => {
  const now = Date.now()
  const registered = registeredOf(view, service)
  const events: readonly SignalEvent[] = [
    instancesObserved(view, service),
    ...roles.flatMap((role) => samplesOf(role, { service, tps, now, registered })),
    { type: 'CollectorHeartbeat', service, source, time: now, targetsKnown: registered.prefill + registered.decode, targetsScraped: registered.prefill + registered.decode },
  ]
  return appender.append(events.map((event): OutRecord => ({ topic: 'signals', key: service, event })))
}

const source = `collector/${localSubCluster}`

type Observed = { readonly service: ServiceId; readonly tps: number; readonly now: number; readonly registered: RoleCounts }

const samplesOf = (role: Role, { service, tps, now, registered }: Observed): readonly SignalEvent[] => {
  const about = { service, role, source, windowStartMs: now - samplePeriodMs, windowEndMs: now, instancesHeard: registered[role], instancesRegistered: registered[role] }
  const latency = role === 'prefill' ? { ttftMsP95: 300, tbtMsP95: null } : { ttftMsP95: null, tbtMsP95: 20 }
  return [
    { type: 'TpsObserved', ...about, tps: role === 'decode' ? tps : 10 * tps },
    { type: 'LatencyObserved', ...about, ...latency, requests: 20 },
    { type: 'CacheObserved', ...about, kvCacheUsage: 0.3, hitRate: 0.5, queueDepth: 0, requestsRunning: 20 },
  ]
}
