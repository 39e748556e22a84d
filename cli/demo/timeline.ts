/** From records of the log to the lines of a live timeline that a newcomer can follow. Pure. */
import type { ScaleDecided, ScaleHeld } from '../../core/events/decided.ts'
import type { LogEvent } from '../../core/events/event.ts'
import { showCounts } from '../../core/roles.ts'
import type { EpochMs } from '../../core/units.ts'

/** `12:05`: world minutes and seconds since the demo's world began. */
export const worldClockFace = (time: EpochMs, startedAt: EpochMs): string => {
  const seconds = Math.max(0, Math.floor((time - startedAt) / 1000))
  return `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`
}

export type Line = { readonly time: EpochMs; readonly text: string; readonly tone: 'plain' | 'good' | 'bad' | 'quiet' }

const marks = { 'scale-out': '▲ scale-out', 'scale-in': '▼ scale-in ', rebalance: '◆ rebalance' } as const

/** The line that a record is worth, or null for one that would only be noise. */
export const lineOf = (event: LogEvent): Line | null => {
  switch (event.type) {
    case 'ServiceAccepted':
      return accepted(event)
    case 'ScaleDecided':
      return line(event, `${marks[event.kind]} ${showCounts(event.from)} → ${showCounts(event.to)}  ${event.reason}`)
    case 'ScaleHeld':
      return held(event)
    case 'RolloutPlaced':
      return line(event, `  placed      ${event.group} → ${showCounts(event.target)}  ${event.detail}`, 'quiet')
    case 'RolloutStepDone':
      return step(event)
    case 'RolloutCommitted':
      return line(event, `  ✔ committed ${event.group}${event.counts === null ? '' : ` at ${showCounts(event.counts)}`}`, 'good')
    case 'RolloutRolledBack':
      return line(event, `  ✘ rolled back ${event.group}${event.counts === null ? '' : ` to ${showCounts(event.counts)}`}  ${event.detail}`, 'bad')
    case 'RolloutStuck':
      return line(event, `  ✘ STUCK ${event.group} at ${event.step}  ${event.detail}`, 'bad')
    case 'IntentRefused':
      return line(event, `  ✘ refused  ${event.detail}`, 'bad')
    case 'IntentExpired':
      return line(event, `  ✘ expired  ${event.detail}`, 'bad')
    default:
      return null
  }
}

type Timed = { readonly time: EpochMs }
const line = (event: Timed, text: string, tone: Line['tone'] = 'plain'): Line => ({ time: event.time, text, tone })

const accepted = (event: Extract<LogEvent, { type: 'ServiceAccepted' }>): Line | null => {
  if (!event.accepted) return line(event, `✘ ${event.service} generation ${event.generation} refused: ${event.message}`, 'bad')
  const active = event.conditions.find((condition) => condition.type === 'ScalingActive')
  return line(event, `${event.service} generation ${event.generation} in force; ScalingActive ${active?.status ?? 'Unknown'}`, 'quiet')
}

/** Holds that mean "all is well" would scroll the rest away. */
const uneventful = new Set(['INSIDE_TOLERANCE', 'STABILISING', 'ROLLOUT_OPEN', 'COOLDOWN_IN', 'COOLDOWN_OUT', 'WARMING_UP'])

const held = (event: ScaleHeld): Line | null =>
  uneventful.has(event.reason) ? null : line(event, `· hold ${event.reason}  ${event.detail}`, 'quiet')

/** A newcomer needs to see what failed and what was undone, not each wait that went well. */
const step = (event: Extract<LogEvent, { type: 'RolloutStepDone' }>): Line | null => {
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

/** True for records whose effect ends a chapter: tests and the report count them. */
export const isDecision = (event: LogEvent): event is ScaleDecided => event.type === 'ScaleDecided'
