/** Which services are due for a snapshot or a checkpoint, and which are gone. */
import type { ServiceId } from '../../core/ids.ts'
import type { OutRecord } from '../../core/ports.ts'
import type { Engine } from '../../core/audit/engine.ts'
import { servicesOf, type PartitionState } from '../../core/scaling/partition.ts'
import type { SnapshotTaken } from '../../core/events/decided.ts'
import type { DurationMs, EpochMs } from '../../core/units.ts'

/** When each service had its last record on one topic. */
export type Upkeep = {
  readonly topic: 'snapshots' | 'checkpoints'
  readonly engine: Engine
  readonly intervalMs: DurationMs
  readonly last: Map<ServiceId, EpochMs>
}

/** `known`: services that have a record already, as a restore found them. */
export const openUpkeep = (
  topic: Upkeep['topic'],
  options: Pick<Upkeep, 'engine' | 'intervalMs'>,
  known: readonly SnapshotTaken[] = [],
): Upkeep => ({ topic, ...options, last: new Map(known.map(({ service, time }) => [service, time])) })

/**
 * Records that are due at tick time `now`: a service without any at once, so that its first snapshot precedes the
 * commit of its ServiceConfigured; then one every interval, changed or not, so that no quiet service holds back the
 * offset from which a restore starts; for a removed service a tombstone.
 */
export const dueRecords = (upkeep: Upkeep, state: PartitionState, now: EpochMs): readonly OutRecord[] => {
  const services = servicesOf(state)
  const due = services.filter((service) => now - (upkeep.last.get(service) ?? -Infinity) >= upkeep.intervalMs)
  return [...due.flatMap((service) => snapshotRecord(upkeep, state, { service, now })), ...tombstones(upkeep, services)]
}

/** Call when the records were acknowledged. */
export const noteKept = (upkeep: Upkeep, records: readonly OutRecord[], now: EpochMs): void => {
  for (const { topic, key, event } of records) {
    if (topic !== upkeep.topic || key === null) continue
    if (event === null) upkeep.last.delete(key)
    else upkeep.last.set(key, now)
  }
}

const snapshotRecord = (
  { topic, engine }: Upkeep,
  state: PartitionState,
  { service, now }: { readonly service: ServiceId; readonly now: EpochMs },
): readonly OutRecord[] => {
  const event = engine.snapshotService(state, service, now)
  return event === null ? [] : [{ topic, key: service, event }]
}

/** Only `snapshots` is compacted; a checkpoint of a removed service stays until it expires. */
const tombstones = ({ topic, last }: Upkeep, services: readonly ServiceId[]): readonly OutRecord[] => {
  const present = new Set(services)
  const gone = topic === 'snapshots' ? [...last.keys()].filter((service) => !present.has(service)) : []
  return gone.map((service) => ({ topic, key: service, event: null }))
}
