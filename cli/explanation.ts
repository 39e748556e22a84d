/** The text of `explain`: sections in the order in which things happened, a blank line between cause, effect and foot. */
import { showCounts } from '../core/roles.ts'
import type { DecisionAnswer, ExplainAnswer, ExplainAtAnswer } from '../services/api/answers.ts'
import { bannerLines } from './banner.ts'
import { causeSections, footLines } from './explanation-cause.ts'
import { effectSections } from './explanation-effect.ts'
import { fitted, titled, wrapped, type Section } from './explanation-section.ts'
import { signalTable } from './get-tables.ts'
import { showDuration, showKnownCounts, showTime } from './quantities.ts'
import { paint } from './table.ts'
import type { Terminal } from './terminal.ts'

/** The chain as text. Sections that the log says nothing about are left out. */
export const explanation = (answer: ExplainAnswer, terminal: Terminal): string => {
  const start = answer.decision?.time ?? answer.intent?.record.emittedAt ?? answer.now
  return joined([
    [...bannerLines(answer, terminal)],
    causeSections(answer.decision, terminal).flat(),
    effectSections(answer, start, terminal).flat(),
    answer.decision === null ? [] : footLines(answer.decision),
  ])
}

/** What held at a time: since when, what forbade what, and then the chain; nothing of it for a time at which the service was unmanaged. */
export const explanationAt = (answer: ExplainAtAnswer, terminal: Terminal): string => {
  const { decision, at, now, deletedAt } = answer
  if (deletedAt !== null && deletedAt <= at) return joined([deletedLines(answer, deletedAt)])
  return joined([
    [...momentLines(answer), ...bannerLines({ now: at, controls: answer.controlsThen, notDeciding: null }, terminal), ...silenceLines(answer, terminal)],
    signalLines(answer, terminal),
    decision === null ? [] : causeSections(decision, terminal, at).flat(),
    effectSections(answer, decision?.time ?? now, terminal).flat(),
    decision === null ? [] : footLines(decision),
  ])
}

const titleOf = ({ service, at }: ExplainAtAnswer): string => `${service} at ${showTime(at)} (world time, UTC)`

const deletedLines = (answer: ExplainAtAnswer, deletedAt: number): Section => {
  const { at, decision, next } = answer
  return [
    `${titleOf(answer)}: unmanaged, nobody decided for it`,
    `  deleted at ${showTime(deletedAt)} (${showDuration(at - deletedAt)} before); its instances stayed as they were`,
    ...(decision === null ? [] : wrapped(`the last before: ${didOf(decision)}, at ${showTime(decision.time)}: heteroscale explain ${decision.decisionId}`)),
    ...(next === null ? [] : wrapped(`managed again: ${nextOf(next)} at ${showTime(next.time)}`)),
  ]
}

const momentLines = (answer: ExplainAtAnswer): Section => {
  const { at, decision, keptSince } = answer
  const title = titleOf(answer)
  if (decision === null)
    return [`${title}: not known here`, ...wrapped(keptSince === null ? 'the API has no decision or hold of the service' : `the API keeps decisions and holds of it since ${showTime(keptSince)}; older ones stand in the topic \`decisions\` for 400 days`)]
  return [
    `${title}: ${didOf(decision)}`,
    `  since ${showTime(decision.time)} (${showDuration(at - decision.time)} before), ${endOf(answer)}`,
    ...(at - decision.time < 1_000 ? [] : wrapped(`evidence and asks are those of ${showTime(decision.time)}: a hold is written when its reason changes, and stands until the next`)),
  ]
}

const didOf = (decision: NonNullable<ExplainAtAnswer['decision']>): string =>
  decision.type === 'ScaleHeld' ? `held for ${decision.reason}` : `had decided ${showCounts(decision.from)} → ${showCounts(decision.to)}`

const nextOf = ({ kind, reason, to }: DecisionAnswer): string => (kind === 'hold' ? `hold ${reason}` : `${kind} to ${showKnownCounts(to)}`)

/** What stands last still holds only while somebody decides. */
const endOf = ({ next, deletedAt, notDeciding, now }: ExplainAtAnswer): string => {
  if (deletedAt !== null) return `until ${showTime(deletedAt)}: the service was deleted`
  if (next !== null) return `until ${showTime(next.time)}: ${nextOf(next)}`
  return notDeciding === null ? `still so at ${showTime(now)}` : 'and nothing was decided since'
}

/** An outage of then is told although it is over: the hold that stood was nobody's word. Of now it is told where nothing has come since. */
const silenceLines = ({ silenceThen, at, next, now, notDeciding }: ExplainAtAnswer, terminal: Terminal): Section => {
  if (silenceThen === null || silenceThen.until === null) return next === null ? bannerLines({ now, controls: [], notDeciding }, terminal) : []
  const { partition, since, until } = silenceThen
  const line = `! nobody decided then: no tick of signals/${partition} from ${showTime(since)} to ${showTime(until)}, ${showDuration(at - since)} into it`
  return [paint(line, 'red', terminal)]
}

/** What was measured then, which may be long after a hold was written. */
const signalLines = ({ signalsThen, hearsSince, at }: ExplainAtAnswer, terminal: Terminal): Section => {
  if (signalsThen.length > 0) return titled('Signals then', signalsThen, (rows) => signalTable(rows, at, terminal))
  return at < hearsSince
    ? wrapped(`Signals then: not known, nor whether anybody decided: the API started at ${showTime(hearsSince)}`, { indent: '' })
    : ['Signals then: none was measured, or they are older than the two hours that the API keeps']
}

/** A line to copy is never cut. */
const isToType = (line: string): boolean => line.startsWith('    ')

const joined = (parts: readonly Section[]): string =>
  parts
    .filter((part) => part.length > 0)
    .map((part) => part.map((line) => (isToType(line) ? line : fitted(line))).join('\n'))
    .join('\n\n')
