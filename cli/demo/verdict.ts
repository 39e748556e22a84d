/** Whether the demo showed what it claims to show. Each expectation is computed from recorded facts. Pure. */
import { showNumberOf } from '../quantities.ts'
import type { ReplayReport } from '../replay-log.ts'
import { countEnds, type Ledger } from './ledger.ts'
import type { Stage } from './stage.ts'
import type { Gauge } from './timeline.ts'

/** `excused`: states out of band after a group lost a node, until it was back in band. */
export type BandCheck = { readonly checked: number; readonly excused: number; readonly violations: readonly object[] }
export type Expectation = { readonly what: string; readonly holds: boolean; readonly facts: string }

export type Evidence = {
  readonly stage: Stage
  readonly ledger: Ledger
  readonly replay: ReplayReport
  readonly band: BandCheck
  /** World time when the traffic began. */
  readonly startedAt: number
  /** Groups whose counts after an undo differ from those before. */
  readonly notRestored: readonly string[]
}

const expectation = (what: string, holds: boolean, facts: string): Expectation => ({ what, holds, facts })

/** Every demo must replay, keep the band and free its reservations; the rest depends on what it plays. */
export const judge = (evidence: Evidence): readonly Expectation[] => [...always(evidence), ...ofStage(evidence)]

/** Fewer ticks are a decider that hardly ran: equal, and proof of little. */
const leastTicks = 200
/** The synthetic day rises and falls several times; a quiet one was not the day that is claimed. */
const leastDecisions = 10

const always = ({ ledger, replay, band, notRestored }: Evidence): readonly Expectation[] => [
  expectation('replay equals the record', replay.equal, `${replay.decisions.equal} of ${showNumberOf(replay.decisions.count, 'decision')}, ${replay.holds.equal} of ${showNumberOf(replay.holds.count, 'hold')}, ${showNumberOf(replay.ticks, 'tick')}`),
  expectation(`at least ${leastTicks} ticks were replayed`, replay.ticks >= leastTicks, String(replay.ticks)),
  bandExpectation(band),
  expectation('undone groups are what they were', notRestored.length === 0, notRestored.length === 0 ? 'all restored' : notRestored.join('; ')),
  expectation('no reservation is left', ledger.openReservations.size === 0, `${ledger.openReservations.size} open`),
]

/** A lost node takes instances out of service unasked; those states are told apart, not hidden. */
const bandExpectation = ({ checked, excused, violations }: BandCheck): Expectation => {
  const what = excused === 0 ? 'P/D never left its band' : 'P/D left its band only where a node was lost, and came back'
  const facts = `${showNumberOf(checked, 'state')} checked, ${violations.length} outside${excused === 0 ? '' : `, ${excused} after a lost node`}`
  return expectation(what, violations.length === 0 && checked > 0, facts)
}

const ofStage = (evidence: Evidence): readonly Expectation[] => {
  if (evidence.stage.fault === 'decode-never-ready' || evidence.stage.fault === 'prefill-never-ready') return neverReady(evidence)
  if (evidence.stage.fault === 'prefill-stall') return prefillStall(evidence)
  // A node loss cuts the day short; only one without a chosen fault is judged as a whole.
  return evidence.stage.fault === null && isWholeDay(evidence.stage) ? [...wholeDay(evidence), ...ordinaryDay(evidence)] : ordinaryDay(evidence)
}

const atLeastOne = (what: string, count: number): Expectation => expectation(what, count > 0, String(count))

const isWholeDay = ({ trace, minutes, dayMinutes }: Stage): boolean => trace === null && minutes >= dayMinutes

const wholeDay = ({ ledger }: Evidence): readonly Expectation[] => [
  expectation(`at least ${leastDecisions} decisions were made`, ledger.decisions.length >= leastDecisions, String(ledger.decisions.length)),
]

const ordinaryDay = ({ ledger, stage }: Evidence): readonly Expectation[] => [
  atLeastOne('a scale-out was committed', countEnds(ledger, 'committed', 'scale-out')),
  atLeastOne('a scale-in was committed', countEnds(ledger, 'committed', 'scale-in')),
  ...(stage.planned.some(({ body }) => body.kind === 'decode-never-ready') ? [atLeastOne('a half-failed rollout was undone', countEnds(ledger, 'rolled-back'))] : []),
]

const neverReady = ({ ledger }: Evidence): readonly Expectation[] => [
  atLeastOne('half-failed rollouts were undone', countEnds(ledger, 'rolled-back')),
  expectation('no half-failed rollout was committed', countEnds(ledger, 'committed', 'scale-out') === 0, `${countEnds(ledger, 'committed', 'scale-out')} scale-outs committed`),
]

const prefillStall = ({ ledger, stage, startedAt }: Evidence): readonly Expectation[] => {
  const window = stallWindow(stage, startedAt)
  const before = gaugesIn(ledger, window.from - 4 * 60_000, window.from).slice(-1)
  const during = gaugesIn(ledger, window.from, window.to)
  const shrunk = ledger.decisions.filter(({ kind, time }) => kind === 'scale-in' && time >= window.from && time <= window.to).length
  const tps = { before: most(known(before, 'decodeTps')), during: least(known(during, 'decodeTps')) }
  const ttft = { before: most(known(before, 'ttftMsP95')), during: most(known(during, 'ttftMsP95')) }
  const grown = most(during.map((gauge) => gauge.registered.prefill)) - most(before.map((gauge) => gauge.registered.prefill))
  return [
    expectation('decode TPS fell', tps.during < tps.before, `${tps.before} → ${tps.during} tok/s`),
    expectation('TTFT rose', ttft.during > ttft.before, `${ttft.before} → ${ttft.during} ms`),
    expectation('nothing shrank', shrunk === 0, `${shrunk} scale-ins during the stall`),
    expectation('prefill grew', grown > 0, `${grown} prefill instances more`),
  ]
}

/** World time of the planted stall. */
const stallWindow = (stage: Stage, startedAt: number): { from: number; to: number } => {
  const planned = stage.planned[0]
  const from = startedAt + (planned?.atMinute ?? 0) * 60_000
  return { from, to: from + (planned?.body.durationMs ?? 0) }
}

const gaugesIn = (ledger: Ledger, from: number, to: number): readonly Gauge[] => ledger.gauges.filter(({ time }) => time >= from && time <= to)

const known = (gauges: readonly Gauge[], signal: 'decodeTps' | 'ttftMsP95'): readonly number[] =>
  gauges.map((gauge) => gauge[signal]).filter((value) => value !== null)

/** Infinities for empty lists make every comparison fail, as a missing observation must. */
const least = (values: readonly number[]): number => Math.round(Math.min(...values, Number.POSITIVE_INFINITY))
const most = (values: readonly number[]): number => Math.round(Math.max(...values, Number.NEGATIVE_INFINITY))
