/** What operators' orders do to one service: how they are folded, and how a stop turns an order into a hold. */
import { lastStopMs, manualScaleOf, stopOf } from '../controls/stop.ts'
import { controlKinds } from '../events/control.ts'
import type { ControlChanged, Directive } from '../events/control.ts'
import { showCounts } from '../roles.ts'
import type { EpochMs } from '../units.ts'
import type { DecisionArgument } from './argument.ts'
import type { ServiceState } from './service-state.ts'
import { hold } from './verdict.ts'
import type { Hold, HoldReason, Order, Outcome } from './verdict.ts'

/** Each control once for the fleet and once for the service. No record of ours has more; the state must stay bounded. */
const mostDirectives = 2 * controlKinds.length

/**
 * What rests on no later record of `controls` than is known already changes nothing. After a change the next hold is
 * written whatever its reason is: who ordered something wants to see what came of it. `nowMs`: time of the last tick.
 */
export const foldControls = (state: ServiceState, { controlsEnd, directives }: ControlChanged, nowMs: EpochMs): ServiceState => {
  if (state.controls && controlsEnd <= state.controls.controlsEnd) return state
  return { ...noteStop(state, nowMs), controls: { controlsEnd, directives: directives.slice(0, mostDirectives) }, holdReason: '' }
}

/** Notes until when a stop was in force: rollouts that wait because of it must not count as lost. */
export const noteStop = (state: ServiceState, nowMs: EpochMs): ServiceState => {
  const stoppedAtMs = lastStopMs(state.controls?.directives ?? [], nowMs)
  return stoppedAtMs === null ? state : { ...state, stoppedAtMs: Math.max(state.stoppedAtMs ?? stoppedAtMs, stoppedAtMs) }
}

const unknownControls = 'the owner of the partition has not said yet what operators ordered for this service'

/**
 * The first rule of precedence (DESIGN 5.5): while the controls are not known, or a stop is in force, nothing is ordered.
 * A mode that recommends lets everything be decided, and holds back the order alone.
 */
export const heedControls = ({ controls, nowMs, current }: Pick<DecisionArgument, 'controls' | 'nowMs' | 'current'>, outcome: Outcome): Outcome => {
  if (controls === null) return { hold: hold('CONTROLS_UNKNOWN', unknownControls), limits: [] }
  const stop = stopOf(controls, nowMs)
  if (stop === null) return outcome
  if (stop.code !== 'RECOMMEND_ONLY') return { hold: hold(stop.code, stop.detail, stop.untilMs), limits: [] }
  if ('hold' in outcome) return outcome
  const from = current === null ? '' : `${showCounts(current)} -> `
  return { hold: recommended(outcome.order, { from, untilMs: stop.untilMs, why: stop.detail }), limits: outcome.limits }
}

type Recommendation = { readonly from: string; readonly untilMs: EpochMs | null; readonly why: string }

const recommended = (order: Order, { from, untilMs, why }: Recommendation): Hold => ({
  reason: 'RECOMMEND_ONLY',
  detail: `would ${order.kind} ${from}${showCounts(order.to)}: ${order.reason}; ${why}`,
  untilMs,
  withheld: order,
})

/** Why the target does not follow the signals, by a person's order. */
export type ActivityControl = { readonly code: HoldReason; readonly detail: string }

/** Null when the service scales by itself. */
export const activityControl = (controls: readonly Directive[] | null, nowMs: EpochMs): ActivityControl | null => {
  if (controls === null) return { code: 'CONTROLS_UNKNOWN', detail: unknownControls }
  const stop = stopOf(controls, nowMs)
  if (stop) return stop
  const manual = manualScaleOf(controls, nowMs)
  return manual && { code: 'MANUAL', detail: `${showCounts(manual.target)} by hand of ${manual.directive.author}: ${manual.directive.reason}` }
}
