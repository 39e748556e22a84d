/**
 * The fold of one partition of `signals`: records in, decisions out (DESIGN section 3, "The log"). A decision is a
 * function of the partition's records and of nothing else. Whoever drives this hands over records in the order of
 * their offsets and appends what comes back.
 */
import type { SnapshotTaken } from '../events/decided.ts'
import type { SignalEvent } from '../events/event.ts'
import type { ClockTicked } from '../events/input.ts'
import type { ServiceId } from '../ids.ts'
import type { EpochMs, Offset } from '../units.ts'
import { assert } from '../units.ts'
import { stayCalm } from './calm.ts'
import { claimAfter, presentAt, roleOf, unclaimed } from './claim.ts'
import type { Claim } from './claim.ts'
import type { Emitted } from './emitted.ts'
import { evaluate, isDue } from './evaluate.ts'
import { evolve } from './evolve.ts'
import type { ServiceControls, ServiceState } from './service-state.ts'
import { readSnapshot, writeSnapshot } from './snapshot-content.ts'

export type { Emitted } from './emitted.ts'

export type FoldInput = { readonly offset: Offset; readonly appendedAtMs: EpochMs; readonly event: SignalEvent }

/** Opaque: only the functions of this file look inside. It is changed in place, for speed. */
export type PartitionState = {
  readonly partition: number
  readonly coreHash: string
  claim: Claim
  /** Last offset that was folded; -1 before the first. */
  offset: Offset
  readonly services: Map<ServiceId, ServiceState>
  /** Sorted ids of `services`: ticks evaluate in this order. */
  order: ServiceId[]
  /** Per restored service, the last offset that its snapshot includes. */
  readonly restoredThrough: Map<ServiceId, Offset>
}

export const openPartition = (partition: number, coreHash: string): PartitionState => ({
  partition,
  coreHash,
  claim: unclaimed,
  offset: -1,
  services: new Map(),
  order: [],
  restoredThrough: new Map(),
})

/**
 * Takes a service's state from its snapshot, before the first record is folded. Returns false, and takes nothing,
 * when another core wrote it, when it belongs to another partition, or to another log than those before it. The claim
 * comes from the lowest snapshot, since folding starts there and finds the later ticks itself.
 */
export const restoreService = (state: PartitionState, snapshot: SnapshotTaken): boolean => {
  assert(state.offset === -1, 'snapshots are restored before records are folded')
  if (snapshot.coreHash !== state.coreHash || snapshot.partition !== state.partition) return false
  if (state.claim.logId !== null && snapshot.logId !== state.claim.logId) return false
  const content = readSnapshot(snapshot.state)
  if (snapshot.lastInputOffset < lowestRestored(state)) state.claim = content.claim
  putService(state, content.state)
  state.restoredThrough.set(snapshot.service, snapshot.lastInputOffset)
  return true
}

const lowestRestored = (state: PartitionState): Offset => Math.min(Infinity, ...state.restoredThrough.values())

/** Folds one record and returns what is to be appended. A record that was folded before changes nothing. */
export const foldRecord = (state: PartitionState, input: FoldInput): readonly Emitted[] => {
  if (input.offset <= state.offset) return []
  state.offset = input.offset
  if (input.event.type === 'ClockTicked') return foldTick(state, input, input.event)
  return foldInput(state, input, input.event)
}

const foldTick = (state: PartitionState, input: FoldInput, tick: ClockTicked): readonly Emitted[] => {
  const role = roleOf(state.claim, tick, input.appendedAtMs)
  if (role === 'ignored') return []
  state.claim = claimAfter(state.claim, tick, role)
  if (role === 'claim' || !isActive(state)) return []
  return evaluateAll(state)
}

/** Processes of another core than the owner's decide nothing: earlier input is never decided again by another version. */
const isActive = (state: PartitionState): boolean => state.claim.coreHash === state.coreHash

/** In order of names. At most ticks most services are not due. */
const evaluateAll = (state: PartitionState): readonly Emitted[] => {
  const emitted: Emitted[] = []
  const context = { claim: state.claim, coreHash: state.coreHash, partition: state.partition, tickOffset: state.offset }
  for (const service of state.order) {
    const known = state.services.get(service)
    if (!known || isRestored(state, service)) continue
    const before = stayCalm(known, state.claim.lastTickMs)
    if (before !== known) state.services.set(service, before)
    if (!isDue(before, state.claim.lastTickMs)) continue
    const evaluated = evaluate(before, context)
    state.services.set(service, evaluated.state)
    emitted.push(...evaluated.emitted)
  }
  return emitted
}

const isRestored = (state: PartitionState, service: ServiceId): boolean =>
  state.offset <= (state.restoredThrough.get(service) ?? -1)

const foldInput = (
  state: PartitionState,
  input: FoldInput,
  event: Exclude<SignalEvent, ClockTicked>,
): readonly Emitted[] => {
  if (isRestored(state, event.service)) return []
  const { state: next, emitted } = evolve(state.services.get(event.service) ?? null, event, {
    offset: input.offset,
    nowMs: state.claim.lastTickMs,
    presentMs: presentAt(state.claim, input.appendedAtMs),
    announce: isActive(state),
  })
  if (next) putService(state, next)
  else removeService(state, event.service)
  return isActive(state) ? emitted : []
}

const putService = (state: PartitionState, service: ServiceState): void => {
  if (!state.services.has(service.service)) state.order = [...state.order, service.service].sort()
  state.services.set(service.service, service)
}

const removeService = (state: PartitionState, service: ServiceId): void => {
  if (!state.services.delete(service)) return
  state.order = state.order.filter((one) => one !== service)
}

/**
 * The service's state through the last folded record, to be written under its key. Null when the service is not
 * managed (a tombstone belongs under its key) or nobody has claimed the partition yet.
 */
export const snapshotService = (state: PartitionState, service: ServiceId, time: EpochMs): SnapshotTaken | null => {
  const content = state.services.get(service)
  const { logId } = state.claim
  if (!content || logId === null) return null
  return {
    type: 'SnapshotTaken',
    service,
    logId,
    coreHash: state.coreHash,
    partition: state.partition,
    lastInputOffset: Math.max(state.offset, state.restoredThrough.get(service) ?? -1),
    heldHash: content.heldHash,
    state: writeSnapshot({ claim: state.claim, state: content }),
    time,
  }
}

/** Ids of the managed services, sorted. */
export const servicesOf = (state: PartitionState): readonly ServiceId[] => state.order

/** What the service's fold knows of the controls; null before it was told, and when it is not managed. */
export const controlsOf = (state: PartitionState, service: ServiceId): ServiceControls | null =>
  state.services.get(service)?.controls ?? null

/** The claim in force, and the last offset that was folded. Asked several times a batch, and a spread costs more than all of its fields. */
export const claimOf = ({ claim, offset }: PartitionState): Claim & { readonly offset: Offset } => ({
  logId: claim.logId,
  epoch: claim.epoch,
  ownerId: claim.ownerId,
  coreHash: claim.coreHash,
  simulated: claim.simulated,
  ownerSinceMs: claim.ownerSinceMs,
  lastTickMs: claim.lastTickMs,
  offset,
})
