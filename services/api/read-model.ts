/**
 * What the log says, folded into what people ask for. It keeps the first record per id and refuses a sequence that is
 * not above the last one, as every reader of decisions and intents does (DESIGN 3, rule 8).
 */
import type { RolloutEvent, ScaleDecided, ScaleHeld, ScaleIntentEmitted, ServiceAccepted } from '../../core/events/decided.ts'
import type { InstancesObserved } from '../../core/events/observed.ts'
import type { ReservationReleased } from '../../core/events/placed.ts'
import type { ProducerReported } from '../../core/events/producer.ts'
import type { LogRecord, WorldClock } from '../../core/ports.ts'
import type { EpochMs } from '../../core/units.ts'
import { BoundedMap } from './bounded-map.ts'
import { createControlTable } from './control-table.ts'
import { createNewestSamples } from './newest-samples.ts'
import { createTickWatch } from './tick-watch.ts'
import type { PlacedIntent, ValidPlacements } from './valid-placements.ts'
import { createValidPlacements } from './valid-placements.ts'

/** Some 2 KiB a decision and 4 KiB a rollout: together below 100 MiB. */
const DECISIONS = 20_000
const INTENTS = 5_000
/** A rollout has about ten steps; with undo and repairs it stays far below this. */
const FACTS_PER_INTENT = 2_000
/** Deletions of one service: more would be a script gone wild. */
const DELETIONS = 100
/** Producers at gates: the gate itself refuses more than it can tell apart. */
const PRODUCERS = 2_000
/** Deleted services that are told of, and whose instances are remembered: a few KiB each. */
export const UNMANAGED = 100

export type DecisionRecord = Omit<ScaleDecided, 'argument'> | ScaleHeld
export type ServiceRecord = { readonly newest: ServiceAccepted; readonly inForce: ServiceAccepted | null }

export type ReadModel = ReturnType<typeof createReadModel>

/** `partitions`: how many `signals` has. */
export const createReadModel = ({ clock, partitions }: { readonly clock: WorldClock; readonly partitions: number }) => {
  const model = {
    services: new Map<string, ServiceRecord>(),
    /** Highest generation that was appended, accepted or not. */
    generations: new Map<string, number>(),
    decisions: new BoundedMap<string, DecisionRecord>(DECISIONS),
    intents: new BoundedMap<string, ScaleIntentEmitted>(INTENTS),
    lastIntents: new Map<string, ScaleIntentEmitted>(),
    facts: new BoundedMap<string, Map<string, RolloutEvent>>(INTENTS),
    placements: new BoundedMap<string, PlacedIntent>(INTENTS),
    releases: new BoundedMap<string, Map<string, ReservationReleased>>(INTENTS),
    instances: new Map<string, Map<string, InstancesObserved>>(),
    samples: createNewestSamples(() => clock.now()),
    ticks: createTickWatch({ clock, partitions }),
    /**
     * When the tombstones of a service were appended, in world time, oldest first; kept when the service is applied again. `services` keeps the newest
     * record of a key: after a restart earlier ones are gone.
     */
    deletions: new Map<string, readonly EpochMs[]>(),
    /** Of a deleted service: what each sub-cluster said of it last. */
    left: new BoundedMap<string, Map<string, InstancesObserved>>(UNMANAGED),
    controls: createControlTable(),
    /** By gate and producer. */
    producers: new BoundedMap<string, ProducerReported>(PRODUCERS),
  }
  const validPlacements = createValidPlacements()
  const listeners = new Set<() => void>()
  const fold = createFold(model, { validPlacements, clock })
  return {
    ...model,
    /** Folds one record; records of any topic may come in any order between partitions. */
    add(record: LogRecord): void {
      fold(record)
      for (const listener of listeners) listener()
    },
    /** Calls `listener` after each record until the returned function is called. */
    onChange(listener: () => void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

type Tables = Omit<ReadModel, 'add' | 'onChange'>

const createFold =
  (model: Tables, { validPlacements, clock }: { readonly validPlacements: ValidPlacements; readonly clock: WorldClock }) =>
  (record: LogRecord): void => {
    const { event } = record
    validPlacements.saw(record)
    if (event === null) return forget(model, record, clock)
    switch (event.type) {
      case 'ServiceAccepted':
        return addAcceptance(model, event)
      case 'ServiceConfigured':
        return noteGeneration(model, event.service, event.generation)
      case 'ScaleDecided':
      case 'ScaleHeld':
        return addDecision(model, event)
      case 'ScaleIntentEmitted':
        return addIntent(model, event)
      case 'PlacementDecided':
        for (const placed of validPlacements.answersOf(event, record)) addPlacement(model, placed)
        return
      case 'ControlSet':
        return model.controls.set(event, record.offset)
      default:
        return addObservation(model, event, { record, clock })
    }
  }

type Origin = { readonly record: LogRecord; readonly clock: WorldClock }

const addObservation = (model: Tables, event: NonNullable<LogRecord['event']>, { record, clock }: Origin): void => {
  switch (event.type) {
    case 'ClockTicked':
      return model.ticks.heard({ partition: record.partition, ownerId: event.ownerId, appendedAt: clock.at(record.appendedAtMs) })
    case 'ReservationReleased':
      return addTo(model.releases, event.requestId, { key: event.group, value: event })
    case 'InstancesObserved':
      return addInstances(model, event)
    case 'TpsObserved':
    case 'LatencyObserved':
      return model.samples.add(event)
    case 'ControlChanged':
      return model.controls.confirm(event)
    case 'ProducerReported':
      return model.producers.set(JSON.stringify([event.gate, event.producer]), event)
    default:
      if ('intentId' in event && event.type !== 'RolloutReported') addFact(model, event as RolloutEvent)
  }
}

const addPlacement = ({ placements }: Tables, placed: PlacedIntent): void => {
  if (placed.corrects) placements.set(placed.answer.requestId, placed)
  else placements.addFirst(placed.answer.requestId, placed)
}

/** True from its tombstone until it is applied again. */
export const isUnmanaged = ({ deletions, services }: Deletable, service: string): boolean => deletions.has(service) && !services.has(service)

export type Deletable = Pick<ReadModel, 'deletions' | 'services'>

/** A tombstone in `services`: the service is unmanaged from now on. */
const forget = (model: Tables, record: LogRecord, clock: WorldClock): void => {
  if (record.topic !== 'services' || record.key === null) return
  model.deletions.set(record.key, [...(model.deletions.get(record.key) ?? []), clock.at(record.appendedAtMs)].slice(-DELETIONS))
  model.services.delete(record.key)
  model.generations.delete(record.key)
  model.controls.forget(record.key)
  leave(model, record.key)
  model.lastIntents.delete(record.key)
}

/** A tombstone that comes again has no news of the instances. */
const leave = ({ left, instances }: Tables, service: string): void => {
  left.set(service, instances.get(service) ?? left.get(service) ?? new Map<string, InstancesObserved>())
  instances.delete(service)
}

const addAcceptance = (model: Tables, event: ServiceAccepted): void => {
  noteGeneration(model, event.service, event.generation)
  // A refusal repeats the manifest that stays in force; it is empty when there was none before.
  const inForce = event.manifest === '' ? null : event
  model.services.set(event.service, { newest: event, inForce })
}

const noteGeneration = (model: Tables, service: string, generation: number): void => {
  model.generations.set(service, Math.max(generation, model.generations.get(service) ?? 0))
}

const addDecision = (model: Tables, event: ScaleDecided | ScaleHeld): void => {
  if (event.type === 'ScaleHeld') return void model.decisions.addFirst(event.decisionId, event)
  // The argument is the whole state, some 50 KiB: it stays in the log.
  const { argument: _argument, ...kept } = event
  model.decisions.addFirst(event.decisionId, kept)
}

const addIntent = (model: Tables, event: ScaleIntentEmitted): void => {
  const last = model.lastIntents.get(event.service)
  if (last !== undefined && event.sequence <= last.sequence) return
  model.intents.addFirst(event.intentId, event)
  model.lastIntents.set(event.service, event)
}

const addFact = (model: Tables, event: RolloutEvent): void => {
  const where = 'group' in event ? event.group : ''
  const step = 'step' in event ? event.step : ''
  const outcome = 'outcome' in event ? event.outcome : ''
  addTo(model.facts, event.intentId, { key: [event.type, where, step, outcome, event.time].join(' '), value: event })
}

const addTo = <V>(table: BoundedMap<string, Map<string, V>>, id: string, entry: { key: string; value: V }): void => {
  const entries = table.get(id) ?? new Map<string, V>()
  table.addFirst(id, entries)
  if (!entries.has(entry.key) && entries.size < FACTS_PER_INTENT) entries.set(entry.key, entry.value)
}

/** What a collector saw before it heard of the tombstone may be read after it. */
const addInstances = (model: Tables, event: InstancesObserved): void => {
  const table = isUnmanaged(model, event.service) ? model.left : model.instances
  const subClusters = table.get(event.service) ?? new Map<string, InstancesObserved>()
  table.set(event.service, subClusters)
  const known = subClusters.get(event.subCluster)
  if (known === undefined || known.observedAt <= event.observedAt) subClusters.set(event.subCluster, event)
}
