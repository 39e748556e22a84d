/** Compares, evaluation by evaluation, what was decided with what a candidate would have ordered. */
import type { DecisionKind } from '../events/decided.ts'
import type { RoleCounts } from '../roles.ts'
import { noInstances, roles, sameCounts } from '../roles.ts'
import { textOf } from '../scaling/verdict.ts'
import type { Verdict } from '../scaling/verdict.ts'
import type { DisaggregatedServiceSpec } from '../service/specification.ts'
import type { DurationMs, EpochMs } from '../units.ts'
import { fixed } from '../units.ts'

/** What one side said at one evaluation. An order that only a mode held back counts as the order that it is. */
export type Said = {
  /** Null: it held. */
  readonly order: { readonly kind: DecisionKind; readonly to: RoleCounts } | null
  /** Of the order, or why it held. */
  readonly reason: string
}

/** A stretch of evaluations at which both sides said the same two different things. */
export type Moment = {
  readonly fromMs: EpochMs
  readonly untilMs: EpochMs
  readonly evaluations: number
  /** Counts at its start; null while they were not known. */
  readonly current: RoleCounts | null
  readonly decided: Said
  readonly candidate: Said
}

export type Asked = {
  /** Different orders one after the other; the same order again and again counts once. */
  readonly orders: number
  /** Most instances per role that the policies asked for before restraint; null when they never could say. */
  readonly peak: RoleCounts | null
  /** GPUs of what was asked for, over time. */
  readonly gpuHours: number
  /** Time for which nothing could be asked, because counts or evidence were missing; it is in no GPU-hour. */
  readonly unknownMs: DurationMs
}

type Side = { orders: number; last: Said | null; peak: RoleCounts | null; asks: { readonly atMs: EpochMs; readonly counts: RoleCounts | null }[] }

/** Changed in place. */
export type DryRunComparison = { evaluations: number; readonly moments: Moment[]; lastDiffered: boolean; readonly decided: Side; readonly candidate: Side }

export const openComparison = (): DryRunComparison => ({ evaluations: 0, moments: [], lastDiffered: false, decided: openSide(), candidate: openSide() })

const openSide = (): Side => ({ orders: 0, last: null, peak: null, asks: [] })

type Evaluation = { readonly atMs: EpochMs; readonly decided: Verdict; readonly asked: Verdict }

export const noteEvaluation = (comparison: DryRunComparison, { atMs, decided, asked }: Evaluation): void => {
  comparison.evaluations += 1
  const said = { decided: saidBy(decided), candidate: saidBy(asked) }
  noteSide(comparison.decided, atMs, { said: said.decided, recommended: decided.recommended })
  noteSide(comparison.candidate, atMs, { said: said.candidate, recommended: asked.recommended })
  const differs = !sameOrder(said.decided, said.candidate)
  if (differs) noteMoment(comparison, { fromMs: atMs, untilMs: atMs, evaluations: 1, current: decided.current, ...said })
  comparison.lastDiffered = differs
}

const saidBy = (verdict: Verdict): Said => {
  const order = 'order' in verdict ? verdict.order : verdict.hold.withheld
  if (order !== null) return { order: { kind: order.kind, to: order.to }, reason: order.reason }
  return 'hold' in verdict ? { order: null, reason: `${verdict.hold.reason}: ${textOf(verdict.hold.detail)}` } : { order: null, reason: '' }
}

const sameOrder = (a: Said, b: Said): boolean =>
  a.order === null || b.order === null ? a.order === b.order : a.order.kind === b.order.kind && sameCounts(a.order.to, b.order.to)

const noteMoment = (comparison: DryRunComparison, moment: Moment): void => {
  const last = comparison.moments.at(-1)
  const goesOn = last !== undefined && comparison.lastDiffered && sameOrder(last.decided, moment.decided) && sameOrder(last.candidate, moment.candidate)
  if (!goesOn) comparison.moments.push(moment)
  else comparison.moments[comparison.moments.length - 1] = { ...last, untilMs: moment.untilMs, evaluations: last.evaluations + 1 }
}

const noteSide = (side: Side, atMs: EpochMs, { said, recommended }: { readonly said: Said; readonly recommended: RoleCounts | null }): void => {
  if (said.order !== null && (side.last === null || !sameOrder(side.last, said))) side.orders += 1
  side.last = said
  side.asks.push({ atMs, counts: recommended })
  if (recommended !== null) side.peak = highest(side.peak ?? noInstances, recommended)
}

const highest = (a: RoleCounts, b: RoleCounts): RoleCounts => ({ prefill: Math.max(a.prefill, b.prefill), decode: Math.max(a.decode, b.decode) })

/** What a side asked for up to `untilMs`: each ask stands until the next one. */
export const askedBy = (side: Side, spec: DisaggregatedServiceSpec, untilMs: EpochMs): Asked => {
  let gpuMs = 0
  let unknownMs = 0
  side.asks.forEach(({ atMs, counts }, index) => {
    const durationMs = Math.max(0, (side.asks[index + 1]?.atMs ?? untilMs) - atMs)
    if (counts === null) unknownMs += durationMs
    else gpuMs += durationMs * gpusOf(counts, spec)
  })
  return { orders: side.orders, peak: side.peak, gpuHours: fixed(gpuMs / MS_PER_HOUR), unknownMs }
}

const MS_PER_HOUR = 3_600_000

const gpusOf = (counts: RoleCounts, spec: DisaggregatedServiceSpec): number =>
  roles.reduce((sum, role) => sum + counts[role] * spec.roles[role].gpusPerInstance, 0)
