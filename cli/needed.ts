/** What would end a hold, in words of an operator. */
import type { Evidence } from '../core/events/decided.ts'
import type { HoldReason } from '../core/scaling/verdict.ts'
import { clean } from './table.ts'

export type HeldBy = { readonly reason: string; readonly service: string; readonly evidence: readonly Evidence[] }

const words: { readonly [reason in HoldReason]: (held: HeldBy) => string } = {
  CONTROLS_UNKNOWN: () => 'a decider that has read `controls` to its end and says so',
  KILL_SWITCH: () => 'heteroscale kill-switch release --reason "TEXT"',
  FROZEN: () => 'heteroscale unfreeze --reason "TEXT"',
  PAUSED: ({ service }) => `heteroscale resume ${service} --reason "TEXT"`,
  RECOMMEND_ONLY: ({ service }) => `heteroscale mode ${service} auto --reason "TEXT"; until then orders are only recommended`,
  MANUAL: ({ service }) => `the end of the manual scale, or heteroscale scale ${service} --release --reason "TEXT"`,
  INSTANCES_UNKNOWN: () => 'a complete report of instances from every sub-cluster',
  EVIDENCE_MISSING: (held) => `samples of ${weak(held)}`,
  EVIDENCE_FAILED: (held) => `measurements that succeed of ${weak(held)}`,
  EVIDENCE_STALE: (held) => `newer samples of ${weak(held)}`,
  COVERAGE_LOW: () => 'samples from more of the registered instances',
  INSIDE_TOLERANCE: () => 'load further from the target than the tolerance',
  COOLDOWN_OUT: () => 'the end of the cooldown after the last change',
  COOLDOWN_IN: () => 'the end of the cooldown after the last change',
  STABILISING: () => 'the same demand for the whole stabilisation window',
  WARMING_UP: () => 'the end of the warm-up after a start or a change of owner',
  ROLLOUT_OPEN: () => 'the end of the rollouts that are open',
  LATENCY_VETO: () => 'latency well below its objective, before anything is removed',
  RISING_VETO: () => 'load that does not rise, before anything is removed',
  QUEUE_VETO: () => 'queues that are empty, before anything is removed',
  CONSOLIDATION: () => 'load so low that the smaller fleet stays clear of its thresholds',
  GUARD_RESTING: () => 'latency measured after the last step of the guard',
  RATE_LIMITED: () => 'the next period of the rate limit in spec.behavior',
  NO_FEASIBLE_PAIR: () => 'counts that keep the P/D band within minReplicas and maxReplicas',
  AT_BOUNDS: () => 'other minReplicas or maxReplicas in the service file',
  FAILURE_BACKOFF: () => 'the end of the back-off after a rollout that failed',
  ARGUMENT_TOO_LARGE: () => 'fewer groups or samples of the service',
}

/** Null for a reason that this version does not know: its detail has to speak for itself. */
export const neededToAct = (held: HeldBy): string | null =>
  Object.hasOwn(words, held.reason) ? clean(words[held.reason as HoldReason](held)) : null

const weak = ({ evidence }: HeldBy): string => {
  const signals = evidence.filter(({ state }) => state !== 'fresh' && state !== 'idle').map(({ signal }) => signal)
  return signals.length === 0 ? 'the signals that policies need' : signals.join(', ')
}
