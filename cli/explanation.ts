/** The text of `explain`: sections in the order in which things happened. */
import type { ExplainAnswer } from '../services/api/answers.ts'
import { causeSections, footLines } from './explanation-cause.ts'
import { effectSections } from './explanation-effect.ts'
import type { Terminal } from './terminal.ts'

/** The chain as text. Sections that the log says nothing about are left out. */
export const explanation = (answer: ExplainAnswer, terminal: Terminal): string => {
  const start = answer.decision?.time ?? answer.intent?.record.emittedAt ?? answer.now
  const sections = [
    ...causeSections(answer.decision, terminal),
    ...effectSections(answer, start, terminal),
    answer.decision === null ? [] : footLines(answer.decision),
  ]
  return sections
    .filter((section) => section.length > 0)
    .map((section) => section.join('\n'))
    .join('\n\n')
}
