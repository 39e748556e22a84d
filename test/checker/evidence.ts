/**
 * What the outside world saw of one run, and nothing else: topics as bytes, each sub-cluster's own change log, and what the fault
 * injector did. This is the whole input of the checker, and the contract for everybody who records a run.
 * In memory as below; on disk as a folder (evidence-folder.ts).
 */

export const topicNames = [
  'metrics', 'signals', 'decisions', 'intents', 'rollouts', 'cells', 'controls', 'snapshots', 'services', 'checkpoints', 'dead-letters',
] as const
export type TopicName = (typeof topicNames)[number]

export type Evidence = {
  readonly run: Run
  /** Records of a topic in (partition, offset) order. A topic that is absent holds nothing. */
  readonly topics: { readonly [topic in TopicName]?: readonly EvidenceRecord[] }
  /** Lives of `signals` that ended when it was deleted and made again, oldest first, if somebody kept them. */
  readonly formerSignals?: readonly FormerLog[]
  /** Change log by sub-cluster, in its own order. */
  readonly subClusters: { readonly [subCluster: string]: readonly ChangeLine[] }
  readonly nemesis: readonly NemesisLine[]
  /** Calls by sub-cluster as a proxy between the product and it saw them, if one stood there. Sharpens S27. */
  readonly calls?: { readonly [subCluster: string]: readonly CallLine[] }
  /** Offsets that the deciders' group committed on `signals`, in order of time, if somebody watched. Sharpens S20. */
  readonly commits?: readonly CommitLine[]
}

export type FormerLog = { readonly deletedAtMs: number; readonly records: readonly EvidenceRecord[] }

/** Times are epoch milliseconds of world time. */
export type Run = {
  /** Null: the run was not drawn from a seed. */
  readonly seed: number | null
  /** True: topics carry simulated world time, so that a tick is not compared with its LogAppendTime. */
  readonly simulated: boolean
  readonly tickMs: number
  readonly latenessMs: number
  /** World milliseconds per wall millisecond where both differ: deadlines of calls are wall time. Default 1. */
  readonly speed?: number
  readonly fromMs: number
  /** Wall time at `fromMs`, where both differ. Default: the same. */
  readonly wallFromMs?: number
  readonly toMs: number
  /** After the last fault; `fromMs` when there was none. */
  readonly healedAtMs: number
  /** Services that were configured during the run. */
  readonly services: readonly string[]
  /** Time that the run allows for converging after `healedAtMs`. */
  readonly convergeMs: number
}

export type EvidenceRecord = {
  readonly partition: number
  readonly offset: number
  /** LogAppendTime of the broker. */
  readonly timestampMs: number
  readonly key: string | null
  /** Bytes as they stand in Kafka: Confluent framing and Avro. Null is a tombstone. */
  readonly value: Uint8Array | null
}

export type Counts = { readonly prefill: number; readonly decode: number }
export type Role = 'prefill' | 'decode'
export type Band = { readonly lo: number; readonly hi: number }

type Line = { readonly time: number; readonly group: string; readonly service: string }
type Serving = { readonly servingBefore: Counts; readonly servingAfter: Counts; readonly band: Band }

/** A write that took effect. An undo that found nothing to take back is a line too. */
export type WrittenLine = Line & Serving & {
  readonly kind: 'written'
  /** Idempotency key: `rollout/<service>/<intent>/<group>/<step>`, `…/undo/<step>` for an inverse. */
  readonly key: string
  /** Key that an undo took back; null for a forward write. */
  readonly undoes: string | null
  readonly uid: string
  readonly sequence: number
  readonly intentId: string
  readonly decisionId: string
  readonly countsBefore: Counts
  readonly countsAfter: Counts
  readonly targetBefore: Counts
  readonly targetAfter: Counts
}
export type RefusedLine = Line & { readonly kind: 'refused'; readonly key: string; readonly code: string; readonly detail: string }
/** From here on a write with this key is refused. */
export type BarredLine = Line & { readonly kind: 'barred'; readonly key: string }
export type GateLine = Line & Serving & { readonly kind: 'gate'; readonly instance: string; readonly role: Role; readonly registered: boolean }
export type PhaseLine = Line & Serving & {
  readonly kind: 'phase'
  readonly instance: string
  readonly role: Role
  readonly node: string | null
  readonly phase: 'pending' | 'starting' | 'ready' | 'failed' | 'terminating' | 'gone'
  /** Key of the write that caused it, or what else did. */
  readonly cause: string
}
export type FaultLine = { readonly kind: 'fault'; readonly time: number; readonly fault: string; readonly what: string; readonly detail: string }

/** Exactly the objects that the sub-cluster's change log serves (docs/emulator.md); `n` and `subCluster` may be there as well. */
export type ChangeLine = (WrittenLine | RefusedLine | BarredLine | GateLine | PhaseLine | FaultLine) & { readonly n?: number; readonly subCluster?: string }

/**
 * One fault over an interval. The checker knows these names; any other is only counted:
 * - `down`, target `collector`, `kafka`, `decider`, `temporal`, `orchestrator`, `registrar` or `control-plane` (all of these but the
 *   registrar): every process of that kind was down;
 * - `clock`, target any process, with `clockOffsetMs`: its clock was off by so much;
 * - `topic-recreated`, target a topic: it was deleted and made anew; `topics` holds its last life, which began at `toMs`;
 * - `delayed-write`, target a sub-cluster, with `delayMs`: writes called in the interval took effect up to so long after their call;
 * - `pause-orchestrator`, target the process: it was stopped, and went on at `toMs` with what it had in hand;
 * - `node-loss`, target `<sub-cluster>/<node>`: the node was dark, and took no instances;
 * - `upgrade`, target `decider`: a process with another core took over, on input that did not change (L4).
 */
export type NemesisLine = {
  readonly fault: string
  readonly target: string
  readonly fromMs: number
  readonly toMs: number
  /** How often it bit: swallowed responses, refused calls, ended processes, … A fault with 0 hits proves nothing. */
  readonly hits: number
  readonly clockOffsetMs?: number
  readonly delayMs?: number
}

/** `key` is null for reads and gates. `timeout`, `unavailable`: the caller cannot know whether it took effect. */
export type CallLine = {
  readonly time: number
  readonly method: 'readGroup' | 'listGroups' | 'applyGroup' | 'setRegistrationTarget' | 'undo' | 'setRegistered'
  /** Null: all groups. */
  readonly group: string | null
  readonly key: string | null
  readonly outcome: 'answered' | 'timeout' | 'unavailable'
}

export type CommitLine = { readonly timeMs: number; readonly partition: number; readonly offset: number }

/** `at` names the record or the line: `signals/3@120`, `alpha#57`, or a time. */
export type Violation = { readonly invariant: string; readonly service: string; readonly detail: string; readonly at: string }

/** How much of each kind the run held: the numbers behind "0 violations". */
export type Counted = {
  readonly decisions: number
  readonly scaleOuts: number
  readonly scaleIns: number
  readonly rebalances: number
  readonly holds: number
  readonly intents: number
  readonly commits: number
  readonly rollbacks: number
  readonly stuck: number
  readonly effects: number
  /** Holds and shortened decisions, by the reason that kept the ask from being followed. */
  readonly vetoes: { readonly [reason: string]: number }
  /** Hits of the nemesis by fault. */
  readonly faults: { readonly [fault: string]: number }
  readonly records: number
}

export type CheckReport = { readonly violations: readonly Violation[]; readonly counted: Counted }
