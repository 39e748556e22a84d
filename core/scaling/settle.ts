/** What the service has when nothing is on its way, and what it is going to have. */
import type { RoleCounts } from '../roles.ts'
import { sameCounts } from '../roles.ts'
import { desiredCounts, isCompleteSince } from '../signals/instances.ts'
import type { SubClusterView } from '../signals/instances.ts'
import { secondsToMs } from '../units.ts'
import type { DurationMs, EpochMs } from '../units.ts'
import { maxCounts, plausible } from './counts.ts'
import { abandonedAt } from './intents.ts'
import type { OpenIntent } from './intents.ts'
import { closeIntent } from './reports.ts'
import type { ServiceState } from './service-state.ts'

/** Sub-clusters restate their instances every 5 s: after two rounds all that hold instances of a service have spoken. */
const adoptionDelayMs: DurationMs = 10_000

/** A report of less than half of what stood there is believed after a minute: an empty list is more often a fault. */
const doubtMs: DurationMs = 60_000

/**
 * A sub-cluster that gave no complete report for a minute (twelve rounds) is silent: lost, cut off, or its collector is.
 */
const silentAfterMs: DurationMs = 60_000

/**
 * Adopts the observed counts while no intent is open: at the first apply of a running service, after an intent that
 * ended short of its target, and when somebody else changed them. Only complete reports of all sub-clusters that are
 * newer than the last order's end count; counts that are not known at all also rest on what a silent one said last.
 */
export const settle = (before: ServiceState, nowMs: EpochMs): ServiceState => {
  const state = before.managedSinceMs === null ? { ...before, managedSinceMs: nowMs } : before
  if (state.openIntents.length > 0 || !hasReports(state, nowMs)) return state
  const observed = plausible(desiredCounts(state.instances))
  if (state.settled === null) return nowMs < (adoptionAt(state) ?? nowMs) ? state : { ...state, settled: observed }
  if (sameCounts(state.settled, observed)) return state.doubtedSinceMs === null ? state : { ...state, doubtedSinceMs: null }
  return isCollapse(state.settled, observed) ? doubt(state, { observed, nowMs }) : { ...state, settled: observed, doubtedSinceMs: null }
}

const hasReports = (state: ServiceState, nowMs: EpochMs): boolean =>
  isCompleteSince(state.instances, state.settledSinceMs) || (state.settled === null && isCompleteButForSilent(state, nowMs))

/**
 * One lost sub-cluster must not stop the growth of a service whose last rollout failed: at least one sub-cluster has
 * reported since, and each other one is silent. Scale-in stays forbidden, because a report so old is stale evidence.
 */
const isCompleteButForSilent = (state: ServiceState, nowMs: EpochMs): boolean => {
  const spoken = state.instances.filter((view) => !isSilent(view, state, nowMs))
  return isCompleteSince(spoken, state.settledSinceMs)
}

/** A user who lets evidence grow older than a minute waits as long here: what is adopted is always stale by then. */
const isSilent = ({ completeAtMs }: SubClusterView, { manifest }: ServiceState, nowMs: EpochMs): boolean =>
  completeAtMs !== null && nowMs - completeAtMs > Math.max(silentAfterMs, secondsToMs(manifest.spec.evidence.staleAfterSeconds))

const isCollapse = (from: RoleCounts, to: RoleCounts): boolean => 2 * (to.prefill + to.decode) < from.prefill + from.decode

const doubt = (state: ServiceState, { observed, nowMs }: { observed: RoleCounts; nowMs: EpochMs }): ServiceState => {
  const doubtedSinceMs = state.doubtedSinceMs ?? nowMs
  const isBelieved = nowMs >= doubtedSinceMs + doubtMs
  return isBelieved ? { ...state, settled: observed, doubtedSinceMs: null } : { ...state, doubtedSinceMs }
}

/** When counts that are not known, or not believed, may be adopted; null when there are none such. */
export const adoptionAt = (state: ServiceState): EpochMs | null => {
  if (state.doubtedSinceMs !== null) return state.doubtedSinceMs + doubtMs
  return state.settled === null && state.managedSinceMs !== null ? state.managedSinceMs + adoptionDelayMs : null
}

/**
 * The present target: the last order while it is on its way, else what stands. When the last order ended but an
 * older one is still on its way, at least what both leave is counted on, so that no order can remove by mistake.
 */
export const presentTarget = (state: ServiceState): RoleCounts | null => {
  const newest = state.openIntents.at(-1)
  if (!newest) return state.settled
  return newest.sequence === state.lastSequence ? newest.target : maxCounts(newest.target, plausible(desiredCounts(state.instances)))
}

/** Closes intents that nobody has reported on for so long that nobody will; none while a stop is in force (`stoppedAtMs` is now). */
export const abandon = (
  state: ServiceState,
  nowMs: EpochMs,
): { readonly state: ServiceState; readonly abandoned: readonly OpenIntent[] } => {
  const abandoned = state.openIntents.filter((intent) => abandonedAt(intent, state.stoppedAtMs) <= nowMs)
  if (abandoned.length === 0) return { state, abandoned }
  const close = (open: ServiceState, intent: OpenIntent): ServiceState =>
    // Whether it was begun is not known, so that it counts as begun.
    ({ ...closeIntent(open, intent, { end: 'unfinished', atMs: nowMs }), settled: null, settledSinceMs: nowMs })
  return { state: abandoned.reduce(close, state), abandoned }
}
