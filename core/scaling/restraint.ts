/** Rules that only look at the clock and at what was ordered before: when it is too early to act. */
import { secondsToMs } from '../units.ts'
import type { DurationMs, EpochMs } from '../units.ts'
import { showCounts } from '../roles.ts'
import type { Situation } from './argument.ts'
import { hold } from './verdict.ts'
import type { Hold, HoldReason } from './verdict.ts'

/** After a rollout was undone or refused, growing rests: the same order would fail the same way. */
export const failureBackoff = ({ nowMs, memory, spec }: Situation): Hold | null =>
  unlessElapsed(nowMs, 'FAILURE_BACKOFF', {
    sinceMs: memory.failedAtMs,
    lengthMs: secondsToMs(spec.rollout.failureBackoffSeconds),
    what: 'the last rollout was refused, undone or stuck',
  })

export const cooldownOut = ({ nowMs, memory, spec }: Situation): Hold | null =>
  unlessElapsed(nowMs, 'COOLDOWN_OUT', {
    sinceMs: memory.lastOutMs,
    lengthMs: secondsToMs(spec.behavior.scaleUp.cooldownSeconds),
    what: 'the last scale-out was ordered',
  })

/** Runs from the last order in either direction: what has just grown is not shrunk. */
export const cooldownIn = ({ nowMs, memory, spec }: Situation): Hold | null =>
  unlessElapsed(nowMs, 'COOLDOWN_IN', {
    sinceMs: latest(memory.lastInMs, memory.lastOutMs),
    lengthMs: secondsToMs(spec.behavior.scaleDown.cooldownSeconds),
    what: 'the last order was given',
  })

/** After this an order by hand may be given again that came to nothing. */
const restByHandMs: DurationMs = 10_000

/**
 * Orders by hand know no cooldown, but where effects are halted by controls that the fold has not seen, each order comes
 * back at once, and the next one would follow at the next tick.
 */
export const restByHand = ({ nowMs, memory }: Situation, reason: 'COOLDOWN_OUT' | 'COOLDOWN_IN'): Hold | null =>
  unlessElapsed(nowMs, reason, {
    sinceMs: latest(memory.lastInMs, memory.lastOutMs),
    lengthMs: restByHandMs,
    what: 'the last order was given',
  })

/**
 * No scale-in by a new owner before it has seen a whole stabilisation window itself, even when `warmupSeconds` is
 * shorter: recommendations from before its time may be missing.
 */
export const warmUp = ({ nowMs, ownerSinceMs, spec }: Situation): Hold | null =>
  unlessElapsed(nowMs, 'WARMING_UP', {
    sinceMs: ownerSinceMs,
    lengthMs: secondsToMs(Math.max(spec.warmupSeconds, spec.behavior.scaleDown.stabilizationWindowSeconds)),
    what: 'the partition changed its owner',
  })

/** A scale-in waits for everything that is on its way. */
export const openRollout = ({ ordersUnderWay }: Situation): Hold | null => {
  const newest = ordersUnderWay.at(-1)
  if (!newest) return null
  return hold('ROLLOUT_OPEN', `intent ${newest.sequence} to ${showCounts(newest.target)} is on its way`)
}

/** Orders to grow may overtake each other, but not without end: each holds a place in the state. */
const maxOrdersUnderWay = 8

export const tooManyOrders = ({ ordersUnderWay }: Situation): Hold | null =>
  ordersUnderWay.length < maxOrdersUnderWay
    ? null
    : hold('ROLLOUT_OPEN', `${ordersUnderWay.length} intents are on their way, at most ${maxOrdersUnderWay} may be`)

type Interval = { readonly sinceMs: EpochMs | null; readonly lengthMs: DurationMs; readonly what: string }

const unlessElapsed = (nowMs: EpochMs, reason: HoldReason, { sinceMs, lengthMs, what }: Interval): Hold | null => {
  if (sinceMs === null || nowMs - sinceMs >= lengthMs) return null
  return hold(reason, `${what} ${seconds(nowMs - sinceMs)} ago; it rests ${seconds(lengthMs)}`, sinceMs + lengthMs)
}

const seconds = (ms: DurationMs): string => `${Math.round(ms / 1000)} s`

const latest = (a: EpochMs | null, b: EpochMs | null): EpochMs | null => (a === null || b === null ? (a ?? b) : Math.max(a, b))
