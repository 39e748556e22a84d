/**
 * What the next samples may say without any rule seeing a difference. While a service stands inside its tolerances, most
 * samples only say again what the last ones said; to decide on each of them costs more than all other work on the log. So an
 * evaluation that ends in INSIDE_TOLERANCE leaves bounds behind, and a sample inside them is kept and not looked at. Anything else
 * is looked at as always, and so is a calm service when one of its sources falls silent.
 */
import { roleOfSignal } from '../signals/evidence.ts'
import { onePerSubCluster } from '../signals/one-source.ts'
import { oldestViewAge } from '../signals/instances.ts'
import { signalNames } from '../signals/sample.ts'
import type { Sample, SignalHistory, SourceSeries } from '../signals/sample.ts'
import { newestValued, recentValue, weightOf } from '../signals/window.ts'
import type { Window } from '../signals/window.ts'
import { secondsToMs } from '../units.ts'
import type { EpochMs } from '../units.ts'
import type { Calm, SourceBand } from './calm-bounds.ts'
import { latenessMs } from './lateness.ts'
import { copyOf } from './service-state.ts'
import type { ServiceState } from './service-state.ts'
import type { Verdict } from './verdict.ts'

/** Means are rounded to six decimals before they are compared; bounds keep further inside than that. */
const margin = 1e-5

/** The bounds after a verdict; null when every sample is to be looked at, those that are still under way among them. */
export const calmAfter = (state: ServiceState, verdict: Verdict, nowMs: EpochMs): Calm | null => {
  const { current } = verdict
  if (current === null || !isAtRest(state, verdict)) return null
  const { slo, policies } = state.manifest.spec
  const demand = demandBands(state, current[roleOfSignal(policies.proportional.signal)], nowMs)
  if (demand === null) return null
  const freshUntilMs = heardUntil(state, nowMs)
  if (freshUntilMs === null) return null
  const atSloRatio = (policies.latencyGuard.tiers[0]?.atSloRatio ?? 0) * (1 - margin)
  const calm: Calm = { counts: current, demand, ttftMsBelow: slo.ttftMsP95 * atSloRatio, tbtMsBelow: slo.tbtMsP95 * atSloRatio, freshUntilMs, stirredAtMs: null }
  const latencyWindow = { endMs: nowMs - latenessMs, lengthMs: secondsToMs(policies.latencyGuard.windowSeconds) }
  return isLatencyLow(state.signals, calm, latencyWindow) ? calm : null
}

/** The service at a tick: it stays calm while all its sources are heard, and is due when one of them turned stale. */
export const stayCalm = (state: ServiceState, nowMs: EpochMs): ServiceState => {
  const { calm } = state
  if (calm === null || calm.freshUntilMs > nowMs) return state
  const freshUntilMs = heardUntil(state, nowMs)
  const next = copyOf(state)
  if (freshUntilMs === null) next.recheckAtMs = nowMs
  else next.calm = { ...calm, freshUntilMs }
  return next
}

/** When the first source turns stale unless it is heard again; null when one is stale, or was never heard. */
const heardUntil = ({ signals, instances, manifest }: ServiceState, nowMs: EpochMs): EpochMs | null => {
  const ageMs = oldestViewAge(instances, nowMs)
  if (ageMs === null) return null
  let oldest = nowMs - ageMs
  for (const signal of signalNames)
    for (const series of signals[signal]) oldest = Math.min(oldest, newestValued(series, nowMs - latenessMs)?.endMs ?? Infinity)
  const staleAt = oldest + secondsToMs(manifest.spec.evidence.staleAfterSeconds) + 1
  return staleAt > nowMs ? staleAt : null
}

/** Nothing is ordered or in doubt, and no two sources speak for the same engines; what is on its way is news when it is reported. */
const isAtRest = ({ doubtedSinceMs, signals }: ServiceState, verdict: Verdict): boolean =>
  'hold' in verdict && verdict.hold.reason === 'INSIDE_TOLERANCE' && doubtedSinceMs === null && onePerSubCluster(signals) === signals

const isLatencyLow = ({ ttftMsP95, tbtMsP95 }: SignalHistory, { ttftMsBelow, tbtMsBelow }: Calm, window: Window): boolean =>
  ttftMsP95.every((series) => staysWithin(series, below(ttftMsBelow), window)) && tbtMsP95.every((series) => staysWithin(series, below(tbtMsBelow), window))

type Bounds = { readonly lo: number; readonly hi: number }

const below = (bound: number): Bounds => ({ lo: 0, hi: bound * (1 - margin) })

/**
 * Splits the tolerance over the sources as they share the demand. Null when it is not one that stays by itself: no demand, or a
 * mean that would leave its band as the oldest samples go. `count`: instances of the signal's role.
 */
const demandBands = ({ signals, manifest: { spec } }: ServiceState, count: number, nowMs: EpochMs): readonly SourceBand[] | null => {
  const { signal, targetPerInstance, windowSeconds } = spec.policies.proportional
  const window = { endMs: nowMs - latenessMs, lengthMs: secondsToMs(windowSeconds) }
  const means = signals[signal].map((series) => recentValue(series, window) ?? 0)
  const sum = means.reduce((total, mean) => total + mean, 0)
  if (sum <= 0) return null
  const least = (count * targetPerInstance * (1 - spec.behavior.scaleDown.tolerance) * (1 + margin)) / sum
  const most = (count * targetPerInstance * (1 + spec.behavior.scaleUp.tolerance) * (1 - margin)) / sum
  const bands = signals[signal].map(({ source }, index) => ({ source, lo: (means[index] as number) * least, hi: (means[index] as number) * most }))
  return signals[signal].every((series, index) => staysWithin(series, bands[index] as SourceBand, window)) ? bands : null
}

/**
 * True when a source's mean stays inside the bounds as long as new samples do. The samples that a later window still holds are the
 * newest of those that are there now, however many; so each such mean has to be inside, and each mix of it with new samples is too.
 * A sample without a value leaves a mean as it is; one that no tick has looked at yet may say more than that.
 */
const staysWithin = ({ samples }: SourceSeries, { lo, hi }: Bounds, { endMs, lengthMs }: Window): boolean => {
  let weight = 0
  let weighted = 0
  for (let index = samples.length - 1; index >= 0; index--) {
    const sample = samples[index] as Sample
    if (sample.value === null && sample.endMs > endMs) return false
    if (sample.value === null) continue
    if (weight > 0 && sample.endMs <= endMs - lengthMs) return true
    const own = weightOf(sample)
    weight += own
    weighted += sample.value * own
    if (weighted < lo * weight || weighted > hi * weight) return false
  }
  return true
}
