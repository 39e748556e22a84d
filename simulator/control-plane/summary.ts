/** A history in numbers: what happened, and what bit. Thousands of them are added up. */
import type { LogEvent } from '../../core/events/event.ts'
import type { History } from './history.ts'
import { violationsOf } from './invariants/invariants.ts'
import type { Violation } from './invariants/violation.ts'

export type Tally = { readonly [name: string]: number }

export type Summary = {
  readonly seed: number
  readonly violations: readonly Violation[]
  readonly simulatedMs: number
  readonly steps: number
  readonly records: number
  readonly faults: Tally
  readonly hits: Tally
  /** What keeps a green run from being empty: decisions by kind, holds by reason, rollouts by outcome. */
  readonly counted: Tally
}

export const summarise = (history: History, more: readonly Violation[] = []): Summary => {
  const counted: Record<string, number> = {}
  let records = 0
  for (const [topic, all] of history.evidence.topics) {
    records += all.length
    for (const { event } of all) note(counted, topic === 'signals' || event === null ? null : nameOf(event))
  }
  const faults: Record<string, number> = {}
  for (const { kind } of history.struck) note(faults, kind)
  const violations = [...violationsOf(history), ...more]
  return { seed: history.seed, violations, simulatedMs: history.evidence.run.toMs - history.evidence.run.fromMs, steps: history.steps, records, faults, hits: Object.fromEntries(history.stage.hits), counted }
}

const note = (tally: Record<string, number>, name: string | null): void => {
  if (name !== null) tally[name] = (tally[name] ?? 0) + 1
}

const nameOf = (event: LogEvent): string | null => {
  switch (event.type) {
    case 'ScaleDecided':
      return `decision ${event.kind}`
    case 'ScaleHeld':
      return `hold ${event.reason}`
    case 'RolloutCommitted':
    case 'RolloutRolledBack':
    case 'RolloutStuck':
    case 'IntentRefused':
    case 'IntentExpired':
    case 'IntentSuperseded':
      return event.type
    default:
      return null
  }
}

export const addTallies = (a: Tally, b: Tally): Tally => {
  const sum: Record<string, number> = { ...a }
  for (const [name, count] of Object.entries(b)) sum[name] = (sum[name] ?? 0) + count
  return sum
}
