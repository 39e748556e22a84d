/** One round over one sub-cluster: look, scrape, and make records of what was seen. */
import type { ObservedEvent } from '../../core/events/observed.ts'
import { roles, type Role } from '../../core/roles.ts'
import { hardwareSample, roleSamples, type RoleRound } from '../../core/signals/role-samples.ts'
import type { Clock, GroupStatus, OutRecord, SubCluster } from '../../core/ports.ts'
import type { EpochMs } from '../../core/units.ts'
import type { EngineRounds, EngineScraper, ScrapeFailure } from './engines.ts'
import type { GpuScraper } from './gpus.ts'
import { createInventoryMemory } from './inventory-memory.ts'
import { instancesObserved, type ClusterView } from './observations.ts'

export type RoundOptions = {
  readonly cell: string
  readonly source: string
  readonly subCluster: SubCluster
  readonly scraper: EngineScraper
  readonly gpus: GpuScraper
  readonly clock: Clock
  readonly inventoryIntervalMs: number
  /** Services whose load others measure: their engines are not asked. */
  readonly foreign: ReadonlySet<string>
}

export type RoundResult = {
  readonly records: readonly OutRecord[]
  readonly failures: readonly ScrapeFailure[]
  readonly instances: number
}

export type Rounds = { next(services: readonly string[]): Promise<RoundResult> }

/** Rounds remember when the last one was, which is where the next window starts, and what inventory was last said. */
export const createRounds = (options: RoundOptions): Rounds => {
  let windowStartMs: EpochMs | null = null
  const inventories = createInventoryMemory(options.inventoryIntervalMs)

  const next = async (services: readonly string[]): Promise<RoundResult> => {
    const view = await look(options)
    const instances = view.groups.filter(({ service }) => !options.foreign.has(service)).flatMap((group) => group.instances)
    options.gpus.beginRound()
    const scraped = await options.scraper.scrapeAll(instances)
    const windowEndMs = options.clock.now()
    const window = { windowStartMs: windowStartMs ?? windowEndMs, windowEndMs }
    windowStartMs = windowEndMs
    const events = services.map((service) => serviceEvents({ options, view, service, scraped, window }))
    return {
      records: [
        ...(await Promise.all(events)).flat().map((event): OutRecord => ({ topic: 'signals', key: event.service, event })),
        ...inventories.news(view).map((event): OutRecord => ({ topic: 'cells', key: event.cell, event })),
      ],
      failures: scraped.failures,
      instances: instances.length,
    }
  }
  return { next }
}

/** Time is taken before the look: what is concluded from it is at least that old. */
const look = async ({ cell, clock, subCluster }: RoundOptions): Promise<ClusterView> => {
  const observedAt = clock.now()
  const [nodes, { complete, groups }] = await Promise.all([subCluster.listNodes(), subCluster.listGroups()])
  return { cell, subCluster: subCluster.name, observedAt, complete, groups, nodes }
}

type ServiceRound = {
  readonly options: RoundOptions
  readonly view: ClusterView
  readonly service: string
  readonly scraped: EngineRounds
  readonly window: { readonly windowStartMs: EpochMs; readonly windowEndMs: EpochMs }
}

const serviceEvents = async (round: ServiceRound): Promise<readonly ObservedEvent[]> => {
  const { options, view, service, scraped, window } = round
  const isForeign = options.foreign.has(service)
  const groups = isForeign ? [] : view.groups.filter((group) => group.service === service)
  const known = groups.flatMap((group) => group.instances).filter((instance) => instance.metricsUrl !== null)
  const samples = isForeign ? [] : await Promise.all(roles.map((role) => roleEvents(round, groups, role)))
  return [
    instancesObserved(view, service),
    ...samples.flat(),
    {
      type: 'CollectorHeartbeat',
      service,
      source: options.source,
      time: window.windowEndMs,
      targetsKnown: known.length,
      targetsScraped: known.filter((instance) => (scraped.rounds.get(instance.instance)?.reading ?? null) !== null).length,
    },
  ]
}

const roleEvents = async (round: ServiceRound, groups: readonly GroupStatus[], role: Role): Promise<readonly ObservedEvent[]> => {
  const { options, service, scraped, window } = round
  const instances = groups
    .flatMap((group) => group.instances)
    .filter((instance) => instance.role === role && instance.phase === 'ready')
  const roleRound: RoleRound = {
    service,
    role,
    source: options.source,
    ...window,
    instances: instances.flatMap((instance) => scraped.rounds.get(instance.instance) ?? []),
  }
  const gpus = (await Promise.all(instances.map((instance) => options.gpus.gpuOf(instance)))).filter((gpu) => gpu !== null)
  return [...roleSamples(roleRound), ...(gpus.length === 0 ? [] : [hardwareSample(roleRound, gpus)])]
}
