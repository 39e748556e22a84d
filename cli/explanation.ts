/** The text of `explain`: sections in the order in which things happened, a blank line between cause, effect and foot. */
import { showCounts } from '../core/roles.ts'
import type { ExplainAnswer, ExplainAtAnswer } from '../services/api/answers.ts'
import { bannerLines } from './banner.ts'
import { causeSections, footLines } from './explanation-cause.ts'
import { effectSections } from './explanation-effect.ts'
import { fitted, wrapped, type Section } from './explanation-section.ts'
import { showDuration, showKnownCounts, showTime } from './quantities.ts'
import type { Terminal } from './terminal.ts'

/** The chain as text. Sections that the log says nothing about are left out. */
export const explanation = (answer: ExplainAnswer, terminal: Terminal): string => {
  const start = answer.decision?.time ?? answer.intent?.record.emittedAt ?? answer.now
  return joined([
    [...bannerLines(answer.controls, answer.now, terminal)],
    causeSections(answer.decision, terminal).flat(),
    effectSections(answer, start, terminal).flat(),
    answer.decision === null ? [] : footLines(answer.decision),
  ])
}

/** What held at a time: since when, what forbade what, and then the chain. */
export const explanationAt = (answer: ExplainAtAnswer, terminal: Terminal): string => {
  const start = answer.decision?.time ?? answer.now
  return joined([
    [...momentLines(answer), ...bannerLines(answer.controlsThen, answer.at, terminal)],
    answer.decision === null ? [] : causeSections(answer.decision, terminal, answer.at).flat(),
    effectSections(answer, start, terminal).flat(),
    answer.decision === null ? [] : footLines(answer.decision),
  ])
}

const momentLines = ({ service, at, decision, next, keptSince, now }: ExplainAtAnswer): Section => {
  const title = `${service} at ${showTime(at)} (world time, UTC)`
  if (decision === null)
    return [`${title}: not known here`, ...wrapped(keptSince === null ? 'the API has no decision or hold of the service' : `the API keeps decisions and holds of it since ${showTime(keptSince)}; older ones stand in the topic \`decisions\` for 400 days`)]
  const did = decision.type === 'ScaleHeld' ? `held for ${decision.reason}` : `had decided ${showCounts(decision.from)} → ${showCounts(decision.to)}`
  const until = next === null ? `still so at ${showTime(now)}` : `until ${showTime(next.time)}: ${next.kind === 'hold' ? `hold ${next.reason}` : `${next.kind} to ${showKnownCounts(next.to)}`}`
  return [
    `${title}: ${did}`,
    `  since ${showTime(decision.time)} (${showDuration(at - decision.time)} before), ${until}`,
    ...(at - decision.time < 1_000 ? [] : wrapped(`values are those of ${showTime(decision.time)}: a hold is written when its reason changes, and stands until the next`)),
  ]
}

/** A line to copy is never cut. */
const isToType = (line: string): boolean => line.startsWith('    ')

const joined = (parts: readonly Section[]): string =>
  parts
    .filter((part) => part.length > 0)
    .map((part) => part.map((line) => (isToType(line) ? line : fitted(line))).join('\n'))
    .join('\n\n')
