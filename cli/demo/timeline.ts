/** From records of the log to the lines of a live timeline that a newcomer can follow. Pure. */
import type { ScaleHeld } from '../../core/events/decided.ts'
import type { EventOf, EventType, LogEvent } from '../../core/events/event.ts'
import { showCounts, type RoleCounts } from '../../core/roles.ts'
import type { EpochMs } from '../../core/units.ts'

/** `12:05`: world minutes and seconds since the demo's world began. */
export const worldClockFace = (time: EpochMs, startedAt: EpochMs): string => {
  const seconds = Math.max(0, Math.floor((time - startedAt) / 1000))
  return `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`
}

export type Line = { readonly time: EpochMs; readonly text: string; readonly tone: 'plain' | 'good' | 'bad' | 'quiet' }

const marks = { 'scale-out': '▲ scale-out', 'scale-in': '▼ scale-in ', rebalance: '◆ rebalance' } as const

type Lines = { readonly [T in EventType]?: (event: EventOf<T>) => Line | null }

const lines: Lines = {
  ServiceAccepted: (event) => accepted(event),
  ScaleDecided: (event) => line(event, `${marks[event.kind]} ${showCounts(event.from)} → ${showCounts(event.to)}  ${event.reason}`),
  ScaleHeld: (event) => held(event),
  RolloutPlaced: (event) => line(event, `  placed      ${event.group} → ${showCounts(event.target)}  ${event.detail}`, 'quiet'),
  RolloutStepDone: (event) => step(event),
  RolloutCommitted: (event) => line(event, `  ✔ committed ${event.group}${at(event.counts, ' at ')}`, 'good'),
  RolloutRolledBack: (event) => line(event, `  ✘ rolled back ${event.group}${at(event.counts, ' to ')}  ${event.detail}`, 'bad'),
  RolloutStuck: (event) => line(event, `  ✘ STUCK ${event.group} at ${event.step}  ${event.detail}`, 'bad'),
  IntentRefused: (event) => line(event, `  ✘ refused  ${event.detail}`, 'bad'),
  IntentExpired: (event) => line(event, `  ✘ expired  ${event.detail}`, 'bad'),
}

/** The line that a record is worth, or null for one that would only be noise. */
export const lineOf = (event: LogEvent): Line | null =>
  (lines[event.type] as ((event: LogEvent) => Line | null) | undefined)?.(event) ?? null

const at = (counts: RoleCounts | null, word: string): string => (counts === null ? '' : word + showCounts(counts))

type Timed = { readonly time: EpochMs }
const line = (event: Timed, text: string, tone: Line['tone'] = 'plain'): Line => ({ time: event.time, text, tone })

/** The conditions of an accepted service change often; that it is in force is told once. */
const accepted = (event: EventOf<'ServiceAccepted'>): Line | null => {
  const name = `${event.service} generation ${event.generation}`
  if (!event.accepted) return line(event, `✘ ${name} refused: ${event.message}`, 'bad')
  const fresh = event.conditions.every((condition) => condition.lastTransitionTime === event.time)
  return fresh ? line(event, `${name} accepted: it is in force from now on`) : null
}

/** Holds that mean "all is well" would scroll the rest away. */
const uneventful = new Set(['INSIDE_TOLERANCE', 'STABILISING', 'ROLLOUT_OPEN', 'COOLDOWN_IN', 'COOLDOWN_OUT', 'WARMING_UP'])

const held = (event: ScaleHeld): Line | null =>
  uneventful.has(event.reason) ? null : line(event, `· hold ${event.reason}  ${event.detail}`, 'quiet')

/** A newcomer needs to see what failed and what was undone, not each wait that went well. */
const step = (event: EventOf<'RolloutStepDone'>): Line | null => {
  if (event.outcome === 'step-done') return null
  const failed = event.outcome === 'step-failed'
  return line(event, `  ${failed ? '✘ failed' : '↶ undone'}    ${event.group} ${event.step}  ${event.detail}`, failed ? 'bad' : 'quiet')
}

/** Width of what precedes the text, kept equal for both kinds of line. */
export const lead = (time: EpochMs, startedAt: EpochMs): string => `  ${worldClockFace(time, startedAt)}  `

export type Gauge = {
  readonly time: EpochMs
  readonly decodeTps: number | null
  readonly ttftMsP95: number | null
  readonly tbtMsP95: number | null
  readonly registered: { readonly prefill: number; readonly decode: number }
}

/** The load beside the fleet, once per world minute. A signal that nobody saw is a dash, never 0. */
export const gaugeText = (gauge: Gauge): string =>
  [
    `in service ${showCounts(gauge.registered)}`.padEnd(20),
    `decode ${shown(gauge.decodeTps)} tok/s`.padEnd(22),
    `TTFT p95 ${shown(gauge.ttftMsP95)} ms`.padEnd(20),
    `TBT p95 ${shown(gauge.tbtMsP95)} ms`,
  ].join(' ')

const shown = (value: number | null): string => (value === null ? '—' : Math.round(value).toString())
