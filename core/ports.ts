/**
 * The outside world as core sees it: types only. Each port is a contract that the real adapter and its twin in
 * adapters/memory/ both keep; test/adapters/*.contract.ts says so in code.
 */
import type { DeadLetter, LogEvent } from './events/event.ts'
import type { Affinity, RatioBand } from './events/decided.ts'
import type { NodeObservation, PlacedGroup } from './events/observed.ts'
import type { PlacementAnswer, PlacementRequest, ReservationReleased } from './events/placed.ts'
import type { DecisionId, GroupId, IntentId, ServiceId, SubClusterId } from './ids.ts'
import type { Role, RoleCounts } from './roles.ts'
import type { Topic } from './topics.ts'
import type { DurationMs, EpochMs, Offset } from './units.ts'

/** World time. `speed` is world milliseconds per wall millisecond: 1 unless a simulation runs. */
export interface Clock {
  now(): EpochMs
  readonly speed: number
  /** Resolves after `duration` of world time, or at once when `stop` resolves. */
  sleep(duration: DurationMs, stop?: Promise<unknown>): Promise<void>
}

/** A clock that also reads other people's wall time, such as a server's time stamp. */
export interface WorldClock extends Clock {
  /** World time at an instant of wall time: the same for all processes of one world. */
  at(wallEpochMs: number): EpochMs
}

/** Wall time of one process, for deadlines that hold at any speed of the world. A simulation gives its own. */
export interface WallTimers {
  /** Calls back once after `wallMs`, unless what it returns was called before. */
  after(wallMs: DurationMs, call: () => void): () => void
}

/**
 * An operating error of any port. `unavailable` and `timeout`: the effect may or may not have happened; read before
 * you go on. `corrupt`: bytes that this version cannot read; stop the partition. `not-found`, `invalid`: asking
 * again the same way will not help.
 */
export type PortErrorCode = 'unavailable' | 'timeout' | 'corrupt' | 'not-found' | 'invalid'
export type PortError = Error & { readonly code: PortErrorCode }

/** Structured log lines; a child carries its fields on every line. Core itself never logs. */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  child(fields: Record<string, unknown>): Logger
}

// ── The log ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** A record to append. `event: null` is a tombstone. The partition follows from the key unless it is given. */
export type OutRecord = {
  readonly topic: Topic
  readonly key: string | null
  readonly event: LogEvent | null
  readonly partition?: number
}

export type LogRecord = {
  readonly topic: Topic
  readonly partition: number
  readonly offset: Offset
  readonly key: string | null
  /** LogAppendTime of the broker, wall time. */
  readonly appendedAtMs: EpochMs
  readonly event: LogEvent | null
}

export type Appended = { readonly topic: Topic; readonly partition: number; readonly offset: Offset }

/** A writer with exactly one send in flight: `append` calls queue up behind each other (K1 loses data otherwise). */
export interface Appender {
  /** Resolves when all replicas acknowledged, with a position per record in order. Order is kept per partition. */
  append(records: readonly OutRecord[]): Promise<readonly Appended[]>
  close(): Promise<void>
}

export type RecordBatch = {
  readonly topic: Topic
  readonly partition: number
  /** In order; to be gone through once. They may be decoded as they are asked for. */
  readonly records: Iterable<LogRecord>
  /** One past the last record that the partition held when this batch was fetched. */
  readonly endOffset: Offset
}

/** What a member of a consumer group does with its partitions. Calls for one partition never overlap. */
export type GroupHandler = {
  /** Called before the first batch of a newly assigned partition; returns the offset to start from. */
  assigned(partition: number): Promise<Offset>
  /** Returns the offset to commit (next to read), or null to commit nothing yet. */
  batch(batch: RecordBatch): Promise<Offset | null>
  /** The partition belongs to another member from now on, or the group is being rebalanced. */
  revoked(partition: number): void
  /**
   * The partition holds a record that this version cannot read (`corrupt`): it stays assigned and is not read any
   * further. Services must alarm; a newer version goes on from the committed offset.
   */
  stopped?(partition: number, error: PortError): void
  /**
   * Records of a topic on which strangers write (`metrics`) that nobody can read, as dead letters. What it returns is kept in
   * `dead-letters`; what was committed reaches behind them all. Absent: all are kept, and none moves the committed offset.
   */
  unreadable?(letters: readonly DeadLetter[]): readonly DeadLetter[]
}

export interface Subscription {
  /** Rejects when the consumer died for good: the process must exit with a non-zero code. */
  readonly died: Promise<never>
  close(): Promise<void>
}

export interface Follower extends Subscription {
  /** Resolves when everything that the topics held at the call was handed to `onRecord`. */
  caughtUp(): Promise<void>
}

export interface EventLog {
  appender(): Promise<Appender>
  /** Consumes as a member of `group`: each partition of `topic` has one owner. */
  join(options: { readonly group: string; readonly topic: Topic; readonly handler: GroupHandler }): Promise<Subscription>
  /** Reads all partitions of `topics` without a group, from their start or from their present end, for ever. */
  follow(options: {
    readonly topics: readonly Topic[]
    readonly from: 'start' | 'end'
    readonly onRecord: (record: LogRecord) => void | Promise<void>
  }): Promise<Follower>
  /** Reads [from, to) of one partition once, in order. */
  read(range: { readonly topic: Topic; readonly partition: number; readonly from: Offset; readonly to: Offset }): AsyncIterable<LogRecord>
  /** Per partition, first offset still kept and one past the last. */
  bounds(topic: Topic): Promise<readonly { readonly partition: number; readonly start: Offset; readonly end: Offset }[]>
  /** Committed offsets of a group; partitions without one are absent. */
  committed(group: string, topic: Topic): Promise<ReadonlyMap<number, Offset>>
  /** Partition of a key: murmur2, as every Kafka client computes it. */
  partitionOf(topic: Topic, key: string): Promise<number>
  close(): Promise<void>
}

// ── Sub-clusters ─────────────────────────────────────────────────────────────────────────────────────────────────

export type InstanceStatus = {
  readonly instance: string
  readonly role: Role
  readonly node: string | null
  readonly gpuType: string
  readonly phase: 'pending' | 'starting' | 'ready' | 'failed' | 'terminating'
  /** Receives traffic. */
  readonly registered: boolean
  /** Where the engine serves its metrics; null before it listens. */
  readonly metricsUrl: string | null
  readonly createdAt: EpochMs
}

/** A deployment group as it stands in its sub-cluster: specification, registration target and instances. */
export type GroupStatus = {
  readonly group: GroupId
  readonly service: ServiceId
  readonly uid: string
  readonly resourceVersion: string
  /** Sequence of the last intent that wrote it; 0 when none did. */
  readonly sequence: number
  readonly intentId: IntentId
  readonly decisionId: DecisionId
  readonly domain: string
  readonly counts: RoleCounts
  readonly gpuTypes: { readonly [role in Role]: string }
  readonly gpusPerInstance: RoleCounts
  /** Counts that the registrar brings into service, never leaving `band`. */
  readonly registrationTarget: RoleCounts
  readonly band: RatioBand
  readonly instances: readonly InstanceStatus[]
}

/** Fields of every write of a rollout. */
type GroupWrite = {
  /** Idempotency key: workflow id + step id. A repeat of a key that took effect answers `already-written`. */
  readonly key: string
  readonly group: GroupId
  readonly service: ServiceId
  readonly sequence: number
  readonly intentId: IntentId
  readonly decisionId: DecisionId
}

/** Brings a group to absolute counts; creates it when `expect.uid` is empty, deletes it when `counts` are 0P+0D. */
export type ApplyGroup = GroupWrite & {
  readonly expect: { readonly uid: string; readonly counts: RoleCounts }
  readonly counts: RoleCounts
  readonly domain: string
  readonly gpuTypes: { readonly [role in Role]: string }
  readonly gpusPerInstance: RoleCounts
  readonly band: RatioBand
}

/** `expect`: counts that the group must have, for it was planned for them; a caller of a former version names none. */
export type SetRegistrationTarget = GroupWrite & { readonly expect?: RoleCounts | undefined; readonly target: RoleCounts; readonly band: RatioBand }

/**
 * Takes back the write with key `undoes`, if it took effect, and bars that key for ever, so that a delayed copy of it
 * is refused. Removes only what that write added; a group that it created is deleted.
 */
export type UndoWrite = GroupWrite & { readonly undoes: string }

export type WriteOutcome =
  | { readonly kind: 'written' | 'already-written'; readonly uid: string; readonly resourceVersion: string; readonly counts: RoleCounts }
  | {
      readonly kind: 'refused'
      readonly code: 'STALE_SEQUENCE' | 'UID_CHANGED' | 'COUNTS_CHANGED' | 'KEY_BARRED' | 'NOT_FOUND'
      readonly detail: string
    }

/**
 * Groups whose object holds both roles: one write changes both. When a count falls, unregistered instances go first. A
 * kind that can promise neither cannot stand behind this port (docs/decisions/0003).
 */
export interface SubCluster {
  readonly name: SubClusterId
  listNodes(): Promise<readonly NodeObservation[]>
  /** All groups, and whether the list is complete. */
  listGroups(): Promise<{ readonly complete: boolean; readonly groups: readonly GroupStatus[] }>
  /** Null when the group does not exist. */
  readGroup(group: GroupId): Promise<GroupStatus | null>
  applyGroup(write: ApplyGroup): Promise<WriteOutcome>
  setRegistrationTarget(write: SetRegistrationTarget): Promise<WriteOutcome>
  undo(write: UndoWrite): Promise<WriteOutcome>
  /** The registrar's only effect: opens or closes the gate of one instance. */
  setRegistered(gate: { readonly group: GroupId; readonly instance: string; readonly registered: boolean }): Promise<void>
}

// ── Cells ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Where to put things: served by the owner of the cell's partition of `cells`. */
export interface Placer {
  /** Answers after the placement was read back from the log. Idempotent by request id. */
  place(request: PlacementRequest): Promise<PlacementAnswer>
  /** Idempotent by (request, group). */
  release(released: Omit<ReservationReleased, 'type' | 'time'>): Promise<void>
}

/** Re-exported for adapters that build a cell's view. */
export type { Affinity, NodeObservation, PlacedGroup }
