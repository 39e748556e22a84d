/**
 * Makes the records of `signals` for many services, as collectors, orchestrators and the owner of each partition would have
 * written them. It folds what it writes, because what is observed next depends on what was decided before.
 */
import type { Engine } from '../../core/audit/engine.ts'
import type { SignalEvent } from '../../core/events/event.ts'
import type { ServiceId } from '../../core/ids.ts'
import { partitionOfKey } from '../../core/murmur2.ts'
import type { PartitionState } from '../../core/scaling/partition.ts'
import type { EpochMs } from '../../core/units.ts'
import { createServiceWorld, scrapeMs, type ServiceWorld } from './service-world.ts'
import { configured, serviceNames } from './specification.ts'

export type WorldOptions = {
  readonly services: number
  readonly partitions: number
  readonly engine: Engine
  readonly coreHash: string
  /** In how many minutes load rises and falls; default 120. */
  readonly dayMinutes?: number
  /** Runs the ticks of one second, all partitions; for whoever measures them. */
  readonly aroundTicks?: (fold: () => void) => void
}

export type WorldRecord = { readonly partition: number; readonly key: ServiceId | null; readonly event: SignalEvent }

/** How many records were made, and what the fold answered to them. */
export type WorldCounts = { records: number; ticks: number; decisions: number; holds: number; intents: number; other: number }

export type World = {
  readonly counts: WorldCounts
  readonly states: readonly PartitionState[]
  now(): EpochMs
  /** One second later: samples of the services whose turn it is, then a tick of each partition. */
  second(): readonly WorldRecord[]
}

/** A round day, so that the log of one run is the log of another. */
export const worldStartMs: EpochMs = 1_800_000_000_000
export const tickMs = 1_000

/** Each partition is claimed by its first tick, then the services are configured and told that nothing is ordered. */
export const createWorld = (options: WorldOptions): World => {
  const { engine, partitions, coreHash, aroundTicks = (fold) => fold() } = options
  const states = Array.from({ length: partitions }, (_, partition) => engine.openPartition(partition, coreHash))
  const services = new Map(serviceNames(options.services).map((name, index) => [name, { index, world: createServiceWorld(name, { dayMs: (options.dayMinutes ?? 120) * 60_000, phase: index / options.services }) }]))
  const counts: WorldCounts = { records: 0, ticks: 0, decisions: 0, holds: 0, intents: 0, other: 0 }
  let now = worldStartMs
  let written: WorldRecord[] = []

  const fold = (record: WorldRecord): void => {
    const state = states[record.partition]
    if (state === undefined) throw new Error(`partition ${record.partition} of ${partitions}`)
    written.push(record)
    counts.records += 1
    for (const { event } of engine.foldRecord(state, { offset: state.offset + 1, appendedAtMs: now, event: record.event })) {
      counts[kindOf(event?.type)] += 1
      if (event?.type === 'ScaleIntentEmitted') services.get(event.service)?.world.order(event, now)
    }
  }
  const tell = (service: ServiceId, event: SignalEvent): void => fold({ partition: partitionOfKey(service, partitions), key: service, event })
  const tick = (partition: number): void => {
    counts.ticks += 1
    fold({ partition, key: null, event: tickOf(partition, { coreHash, now }) })
  }
  const configureAll = (): void => {
    for (const service of services.keys()) {
      tell(service, configured(service, now))
      tell(service, { type: 'ControlChanged', service, controlsEnd: 0, directives: [], time: now })
    }
  }
  const second = (): readonly WorldRecord[] => {
    written = []
    const isFirst = now === worldStartMs
    now += tickMs
    if (!isFirst) for (const { index, world } of services.values()) scrape(world, index)
    aroundTicks(() => states.forEach(({ partition }) => tick(partition)))
    if (isFirst) configureAll()
    return written
  }
  const scrape = (world: ServiceWorld, index: number): void => {
    const isScrape = (now / tickMs + index) % (scrapeMs / tickMs) === 0
    for (const event of world.recordsAt(now, isScrape)) tell(world.service, event)
  }
  return { counts, states, now: () => now, second }
}

const kindOf = (type: string | undefined): 'decisions' | 'holds' | 'intents' | 'other' => {
  if (type === 'ScaleDecided') return 'decisions'
  if (type === 'ScaleHeld') return 'holds'
  return type === 'ScaleIntentEmitted' ? 'intents' : 'other'
}

const tickOf = (partition: number, { coreHash, now }: { readonly coreHash: string; readonly now: EpochMs }): SignalEvent => ({
  type: 'ClockTicked',
  logId: `bench-${partition}`,
  epoch: 1,
  ownerId: 'bench-fill',
  coreHash,
  decidedThrough: -1,
  simulated: true,
  time: now,
})
