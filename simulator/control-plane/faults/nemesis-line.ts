/** A fault in the words of the evidence: an independent checker knows some names, and takes the conditions of its formulas from them. */
import type { NemesisLine } from '../evidence.ts'
import type { FaultKind } from './plan.ts'

export type Struck = Omit<NemesisLine, 'fault'> & { readonly kind: FaultKind }

/** Every process of that kind was away; a decider of another version may have been there all the same. */
const down: { readonly [kind in FaultKind]?: string } = {
  'kafka-down': 'kafka',
  'kafka-down-long': 'kafka',
  'temporal-down': 'temporal',
  'temporal-down-long': 'temporal',
  'collectors-down-long': 'collector',
  'deciders-down-long': 'decider',
  'orchestrators-down-long': 'orchestrator',
}

/** A write of `api-trouble` takes effect up to so long after its call (cluster/api.ts). */
export const longestDelayMs = 40_000

export const nemesisLineOf = ({ kind, ...line }: Struck, all: readonly Struck[]): NemesisLine => {
  const target = down[kind]
  const someoneDecides = kind === 'deciders-down-long' && all.some((other) => other.kind === 'zombie-of-another-core' && other.fromMs < line.toMs && other.toMs > line.fromMs)
  if (target !== undefined && !someoneDecides) return { ...line, fault: 'down', target }
  if (line.clockOffsetMs !== undefined) return { ...line, fault: 'clock' }
  if (kind === 'api-trouble') return { ...line, fault: 'delayed-write', delayMs: longestDelayMs }
  // The new log begins half-way, while no decider runs (faults/processes.ts).
  if (kind === 'topic-recreated') return { ...line, fault: kind, toMs: Math.floor((line.fromMs + line.toMs) / 2) }
  return { ...line, fault: kind }
}
