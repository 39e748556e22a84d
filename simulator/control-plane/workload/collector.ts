/**
 * A cheap collector of one sub-cluster: what engines under this load would have shown, through the records that the product's
 * collector writes. Demand beyond what serves is not served, and shows as latency and queues.
 */
import type { SignalEvent } from '../../../core/events/event.ts'
import type { Appender, GroupStatus, OutRecord, SubCluster } from '../../../core/ports.ts'
import { roles, type Role, type RoleCounts } from '../../../core/roles.ts'
import { servingCounts } from '../../../core/rollout/group-instances.ts'
import type { EpochMs } from '../../../core/units.ts'
import { createInventoryMemory } from '../../../services/collector/inventory-memory.ts'
import { instancesObserved, type ClusterView } from '../../../services/collector/observations.ts'
import type { SimProcess } from '../process.ts'
import type { Tempo } from '../tempo.ts'
import { tpsPerInstance, type SimService } from './services.ts'

/** The product restates instances so often; here only while a service was configured lately, and adopts what stands. */
const restateMs = 5_000
/** Beyond the target of one instance its latency leaves the SLO; it cannot serve more than this. */
const mostTpsPerInstance = 1.35 * tpsPerInstance

export type CollectorParts = {
  readonly process: SimProcess
  readonly subCluster: SubCluster
  readonly cell: string
  readonly services: readonly SimService[]
  readonly appender: Appender
  /** Decode instances of the service that serve in all sub-clusters, as the load balancer sees them. */
  readonly servingEverywhere: (service: string) => number
  readonly clusterVersion: () => number
  readonly mustRestate: () => boolean
  readonly tempo: Tempo
}

/** Scrapes for as long as its process lives. */
export const runCollector = async (parts: CollectorParts): Promise<void> => {
  const { process, tempo } = parts
  const inventoryNews = onlyWhenDue(tempo)
  let lastMs = process.clock.now()
  for (;;) {
    await process.clock.sleep(restateMs)
    const now = process.clock.now()
    const isScrape = now - lastMs >= tempo.scrapeMs
    if (!isScrape && !parts.mustRestate()) continue
    try {
      const version = parts.clusterVersion()
      const view = await look(parts, now)
      await parts.appender.append(isScrape ? [...recordsOf(parts, view, lastMs), ...inventoryNews(view, version)] : instancesOf(parts, view))
      if (isScrape) lastMs = now
    } catch (error) {
      process.log.warn({ err: error }, 'a round was lost')
    }
  }
}

const instancesOf = ({ services, cell }: CollectorParts, view: ClusterView): readonly OutRecord[] =>
  services.filter((service) => service.cell === cell).map(({ name }) => ({ topic: 'signals', key: name, event: instancesObserved(view, name) }))

/** Comparing inventories is dear, and without a change there is news only once an interval. */
const onlyWhenDue = ({ inventoryMs }: Tempo): ((view: ClusterView, version: number) => readonly OutRecord[]) => {
  const inventory = createInventoryMemory(inventoryMs)
  let last = { version: -1, atMs: 0 }
  return (view, version) => {
    if (version === last.version && view.observedAt - last.atMs < inventoryMs) return []
    last = { version, atMs: view.observedAt }
    return inventory.news(view).map((event): OutRecord => ({ topic: 'cells', key: event.cell, event }))
  }
}

const look = async ({ subCluster, cell }: CollectorParts, observedAt: EpochMs): Promise<ClusterView> => {
  const [nodes, { complete, groups }] = await Promise.all([subCluster.listNodes(), subCluster.listGroups()])
  return { cell, subCluster: subCluster.name, observedAt, complete, groups, nodes }
}

const recordsOf = (parts: CollectorParts, view: ClusterView, lastMs: EpochMs): readonly OutRecord[] =>
  parts.services
    .filter(({ cell }) => cell === parts.cell)
    .flatMap((service) => eventsOf(parts, service, { view, lastMs }).map((event): OutRecord => ({ topic: 'signals', key: service.name, event })))

type Round = { readonly view: ClusterView; readonly lastMs: EpochMs }

const eventsOf = (parts: CollectorParts, service: SimService, { view, lastMs }: Round): readonly SignalEvent[] => {
  const mine = view.groups.filter((group) => group.service === service.name)
  const serving = sum(mine)
  const source = `collector/${view.subCluster}`
  const targets = serving.prefill + serving.decode
  const window = { source, windowStartMs: lastMs, windowEndMs: view.observedAt }
  const share = loadShare(parts, service, serving)
  return [
    instancesObserved(view, service.name),
    ...(targets === 0 ? [] : roles.flatMap((role) => samples({ service: service.name, role, heard: serving[role], share, ...window }))),
    { type: 'CollectorHeartbeat', service: service.name, source, time: view.observedAt, targetsKnown: targets, targetsScraped: targets },
  ]
}

const sum = (groups: readonly GroupStatus[]): RoleCounts =>
  groups.map(servingCounts).reduce((a, b) => ({ prefill: a.prefill + b.prefill, decode: a.decode + b.decode }), { prefill: 0, decode: 0 })

/** `asked` and `served` tokens per second of this sub-cluster; the balancer gives each decode instance the same. */
const loadShare = ({ process, servingEverywhere }: CollectorParts, { name, demand }: SimService, serving: RoleCounts) => {
  const everywhere = Math.max(1, servingEverywhere(name))
  const asked = demand.at(process.stage.nowMs) * (serving.decode / everywhere)
  const served = Math.min(asked, mostTpsPerInstance * serving.decode)
  return { served, perInstance: serving.decode === 0 ? 0 : asked / serving.decode / tpsPerInstance, queue: Math.max(0, Math.round((asked - served) / 50)) }
}

type Scraped = {
  readonly service: string
  readonly role: Role
  readonly heard: number
  readonly share: ReturnType<typeof loadShare>
  readonly source: string
  readonly windowStartMs: EpochMs
  readonly windowEndMs: EpochMs
}

const samples = ({ role, heard, share, ...rest }: Scraped): readonly SignalEvent[] => {
  const sample = { ...rest, role, instancesHeard: heard, instancesRegistered: heard }
  const requests = Math.round(share.served / 10)
  const latency = role === 'prefill' ? { ttftMsP95: Math.round(500 * share.perInstance ** 2), tbtMsP95: null } : { ttftMsP95: null, tbtMsP95: Math.round(22 * share.perInstance) }
  return [
    { type: 'TpsObserved', ...sample, tps: role === 'decode' ? Math.round(share.served) : Math.round(4 * share.served) },
    { type: 'LatencyObserved', ...sample, ...latency, requests },
    { type: 'CacheObserved', ...sample, kvCacheUsage: 0.4, hitRate: 0.5, queueDepth: share.queue, requestsRunning: requests },
  ]
}
