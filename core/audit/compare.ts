/** Compares what a replay decided with what was recorded, byte for byte over canonical JSON. */
import { canonicalJson } from '../canonical.ts'
import type { ServiceId } from '../ids.ts'
import type { EpochMs, Offset } from '../units.ts'
import { firstDifference, type Difference } from './difference.ts'
import { outputKey, type AuditedOutput, type Replay, type ReplayedOutput, type Stretch } from './replay.ts'

export type OutputDifference = Difference & {
  /**
   * `differs`: same id, other bytes. `missing`: replayed, not recorded. `unexpected`: recorded, not replayed.
   * `two-contents`: recorded twice under one id with different bytes.
   */
  readonly what: 'differs' | 'missing' | 'unexpected' | 'two-contents'
  readonly type: AuditedOutput['type']
  readonly id: string
  readonly service: ServiceId
  readonly partition: number
  /** Of the tick that it was decided at. */
  readonly time: EpochMs
}

export type Tally = {
  /** Distinct ids, recorded or replayed. */
  readonly count: number
  readonly equal: number
}

export type Comparison = {
  readonly decisions: Tally
  readonly holds: Tally
  readonly intents: Tally
  /** Repeats of a record with equal bytes: an owner died between writing and committing. Harmless. */
  readonly duplicates: number
  /** Replayed from input whose outputs nobody has confirmed yet; recorded or not, they prove nothing. */
  readonly unsettled: number
  /** In the order of their ticks: everything after the first may follow from it. */
  readonly differences: readonly OutputDifference[]
}

export type Recorded = {
  /** In log order, repeats included. */
  readonly outputs: readonly AuditedOutput[]
  /**
   * Offset that the deciders committed: outputs of input below it were acknowledged. Null when they committed nothing. It
   * speaks for the last version alone: what an earlier one left unwritten, nobody wrote later.
   */
  readonly committed: Offset | null
}

type Finding = { readonly type: AuditedOutput['type']; readonly equal: boolean; readonly difference: OutputDifference | null }

/** Compares one partition. Outputs recorded for ticks outside the replayed range are left out. */
export const compareOutputs = (replay: Replay, recorded: Recorded): Comparison => {
  const inRange = recorded.outputs.filter((output) => wasReplayed(replay, output))
  const { first, duplicates, conflicts } = collapse(replay, inRange)
  const settledBelow = settledBelowOf(recorded)
  const unsettled = [...replay.outputs].filter(([key, { offset, stretch }]) => !first.has(key) && offset >= settledBelow(stretch))
  const skipped = new Set(unsettled.map(([key]) => key))
  const keys = [...new Set([...first.keys(), ...replay.outputs.keys()])].filter((key) => !skipped.has(key))
  const findings = keys.map((key) => findingFor(replay, pairOf(first.get(key), replay.outputs.get(key))))
  return {
    decisions: tally(findings, 'ScaleDecided'),
    holds: tally(findings, 'ScaleHeld'),
    intents: tally(findings, 'ScaleIntentEmitted'),
    duplicates,
    unsettled: unsettled.length,
    differences: inOrderOfTicks([...conflicts, ...findings.flatMap(({ difference }) => difference ?? [])]),
  }
}

/**
 * Of the last ticks of a version that another one succeeded, only what is on record is compared: its owner may have died
 * before it wrote the rest, and its successor decides nothing of it again (DESIGN 3.4).
 */
const settledBelowOf = (recorded: Recorded): ((stretch: Stretch) => Offset) => {
  const settledInLast = recorded.committed ?? newestTick(recorded.outputs)
  return ({ succeeded, decidedThrough }) => (succeeded ? decidedThrough + 1 : settledInLast)
}

/**
 * Without a commit (the group is gone, or another one was asked) the record speaks for itself: outputs go out in the order
 * of their input, so that before the newest tick on record nothing may be missing.
 */
const newestTick = (outputs: readonly AuditedOutput[]): Offset =>
  outputs.reduce((newest, output) => (output.type === 'ScaleIntentEmitted' ? newest : Math.max(newest, output.inputs.tickOffset)), 0)

/** Sorting is stable: what was decided at one tick stays in the order of the record. */
export const inOrderOfTicks = (differences: readonly OutputDifference[]): readonly OutputDifference[] =>
  [...differences].sort((a, b) => a.time - b.time)

/** A live decider goes on while a replay runs: what it decides at later ticks is not the replay's business. */
const wasReplayed = ({ range, lastTickMs, comparedFrom, nextOffset }: Replay, output: AuditedOutput): boolean =>
  output.type === 'ScaleIntentEmitted'
    ? output.emittedAt >= range.fromMs && output.emittedAt <= lastTickMs
    : output.inputs.tickOffset >= comparedFrom && output.inputs.tickOffset < nextOffset

/** Readers keep the first record per id; a later one with other bytes is reported. */
const collapse = (
  replay: Replay,
  outputs: readonly AuditedOutput[],
): { readonly first: Map<string, AuditedOutput>; readonly duplicates: number; readonly conflicts: readonly OutputDifference[] } => {
  const first = new Map<string, AuditedOutput>()
  const conflicts: OutputDifference[] = []
  let duplicates = 0
  for (const output of outputs) {
    const kept = first.get(outputKey(output))
    if (kept === undefined) first.set(outputKey(output), output)
    else if (canonicalJson(kept) === canonicalJson(output)) duplicates += 1
    else conflicts.push(describe(replay, 'two-contents', { recorded: kept, replayed: output }))
  }
  return { first, duplicates, conflicts }
}

type Pair = { readonly recorded: AuditedOutput | undefined; readonly replayed: AuditedOutput | undefined }

/**
 * A field that a record gained after a version was written is null or empty when that version's record is read today, and
 * absent when that version decides again: both mean that it said nothing.
 */
const pairOf = (recorded: AuditedOutput | undefined, replayed: ReplayedOutput | undefined): Pair => {
  if (replayed === undefined) return { recorded, replayed: undefined }
  const known = recorded === undefined ? undefined : withoutGained(recorded, replayed.event)
  if (!replayed.stretch.succeeded) return { recorded: known, replayed: replayed.event }
  return { recorded: withoutNulls(known), replayed: withoutNulls(replayed.event) }
}

const withoutGained = (recorded: AuditedOutput, replayed: AuditedOutput): AuditedOutput =>
  Object.fromEntries(Object.entries(recorded).filter(([name, value]) => value !== '' || name in replayed)) as AuditedOutput

const withoutNulls = <T>(value: T): T => {
  if (Array.isArray(value)) return value.map(withoutNulls) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).flatMap(([key, field]) => (field === null ? [] : [[key, withoutNulls(field)]]))) as T
}

const findingFor = (replay: Replay, pair: Pair): Finding => {
  const { type } = eitherOf(pair)
  if (pair.recorded === undefined) return { type, equal: false, difference: describe(replay, 'missing', pair) }
  if (pair.replayed === undefined) return { type, equal: false, difference: describe(replay, 'unexpected', pair) }
  const equal = canonicalJson(pair.recorded) === canonicalJson(pair.replayed)
  return { type, equal, difference: equal ? null : describe(replay, 'differs', pair) }
}

const eitherOf = (pair: Pair): AuditedOutput => (pair.recorded ?? pair.replayed) as AuditedOutput

const describe = (replay: Replay, what: OutputDifference['what'], pair: Pair): OutputDifference => {
  const output = eitherOf(pair)
  const difference = differenceOf(pair) ?? { path: '', recorded: '', replayed: '' }
  const id = output.type === 'ScaleIntentEmitted' ? output.intentId : output.decisionId
  const time = output.type === 'ScaleIntentEmitted' ? output.emittedAt : output.time
  return { what, type: output.type, id, service: output.service, partition: replay.partition, time, ...difference }
}

/** Whatever differs also changes the hashes: they are named only when nothing else explains them. */
const differenceOf = (pair: Pair): Difference | null =>
  firstDifference(withoutHashes(pair.recorded), withoutHashes(pair.replayed)) ?? firstDifference(pair.recorded, pair.replayed)

const withoutHashes = (output: AuditedOutput | undefined): unknown =>
  output === undefined || output.type === 'ScaleIntentEmitted' ? output : { ...output, hash: '', previousHash: '', previousHeldHash: '' }

const tally = (findings: readonly Finding[], type: AuditedOutput['type']): Tally => {
  const ofType = findings.filter((finding) => finding.type === type)
  return { count: ofType.length, equal: ofType.filter(({ equal }) => equal).length }
}
