/**
 * What the next samples may say without any rule seeing a difference. While a service stands inside its tolerances, most
 * samples only say again what the last ones said; to decide on each of them costs more than all other work on the log. So does a
 * service that wants fewer instances and has to wait. An evaluation that ends so leaves bounds behind (calm-verdict.ts), and a sample
 * inside them is kept and not looked at. Anything else is looked at as always, and so is a calm service when one of its sources falls silent.
 */
import { onePerSubCluster } from '../signals/one-source.ts'
import { oldestViewAge } from '../signals/instances.ts'
import { queueWindowMs } from '../signals/queue-evidence.ts'
import { lastWindowEnd, nextWindowEnd, signalNames } from '../signals/sample.ts'
import type { Sample, SignalHistory, SourceSeries } from '../signals/sample.ts'
import { newestValued, recentValue, risingRatio, weightOf } from '../signals/window.ts'
import type { Window } from '../signals/window.ts'
import { secondsToMs } from '../units.ts'
import type { EpochMs } from '../units.ts'
import type { Calm, FullVoice, LatencyBand, SourceBand } from './calm-bounds.ts'
import { standing } from './calm-verdict.ts'
import type { Standing } from './calm-verdict.ts'
import { latenessMs } from './lateness.ts'
import { copyOf } from './service-state.ts'
import type { ServiceState } from './service-state.ts'
import type { Verdict } from './verdict.ts'

/** Means are rounded to six decimals before they are compared; bounds keep further inside than that. */
const margin = 1e-5

/** The bounds after a verdict; null when every sample is to be looked at, those that are still under way among them. */
export const calmAfter = (state: ServiceState, verdict: Verdict, nowMs: EpochMs): Calm | null => {
  const verdictStands = standing(state, verdict)
  if (verdictStands === null || !isAtRest(state, nowMs)) return null
  const demand = demandBands(state, verdictStands, nowMs)
  const freshUntilMs = heardUntil(state, nowMs)
  if (demand === null || freshUntilMs === null) return null
  const { recommended, untilMs, isShrinking } = verdictStands
  const voices = isShrinking ? fullVoices(state, nowMs - latenessMs) : null
  if (isShrinking && (voices === null || !isNobodyWaiting(state.signals, nowMs - latenessMs))) return null
  const latencies = latencyBands(state, { standing: verdictStands, nowMs })
  return latencies && { demand, ...latencies, voices, recommended, untilMs, freshUntilMs, stirredAtMs: null }
}

const latencyBands = (state: ServiceState, moment: Moment): Pick<Calm, 'ttftMs' | 'tbtMs'> | null => {
  const ttftMs = latencyBand(state, 'ttftMsP95', moment)
  const tbtMs = ttftMs && latencyBand(state, 'tbtMsP95', moment)
  return ttftMs && tbtMs && { ttftMs, tbtMs }
}

/** As if no bounds had been left: the looks at the end of each lateness, and when a source turns stale, are due again. */
export const woken = (state: ServiceState, nowMs: EpochMs): ServiceState => {
  const pendingMs = nextWindowEnd(state.signals, nowMs - latenessMs) ?? Infinity
  const recheckAtMs = Math.min(state.recheckAtMs ?? Infinity, pendingMs + latenessMs, state.calm?.freshUntilMs ?? Infinity)
  return { ...state, calm: null, recheckAtMs: recheckAtMs === Infinity ? null : recheckAtMs }
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

/** Nothing is in doubt, no two sources speak for the same engines, and no silence ends; what is on its way is news when it is reported. */
const isAtRest = (state: ServiceState, nowMs: EpochMs): boolean =>
  state.doubtedSinceMs === null && onePerSubCluster(state.signals) === state.signals && !isAfterSilence(state, nowMs)

/** What is under way came after a silence, and begins a stabilisation window anew when it is looked at (`heardAgainAt` of evaluate.ts). */
const isAfterSilence = ({ signals, manifest }: ServiceState, nowMs: EpochMs): boolean => {
  const [last, next] = [lastWindowEnd(signals, nowMs - latenessMs), nextWindowEnd(signals, nowMs - latenessMs)]
  return last !== null && next !== null && next - last > secondsToMs(manifest.spec.evidence.staleAfterSeconds)
}

type Moment = { readonly standing: Standing; readonly nowMs: EpochMs }

/** Either all is low, or all stands closer together than what counts as a rise; null when it is neither. */
const latencyBand = ({ signals, manifest: { spec } }: ServiceState, signal: 'ttftMsP95' | 'tbtMsP95', { standing: stands, nowMs }: Moment): LatencyBand | null => {
  const window = { endMs: nowMs - latenessMs, lengthMs: secondsToMs(spec.policies.latencyGuard.windowSeconds) }
  const low = spec.slo[signal] * stands.belowSloRatio * (1 - margin)
  if (signals[signal].every((series) => staysWithin(series, below(low), window))) return { least: 0, below: low }
  return steadyBand(signals[signal], spec.slo[signal] * stands.steadyBelowSloRatio, window)
}

/**
 * Around all samples that a window may still hold, so narrow that no mean of some of them rises above that of others. Room is left on both
 * sides alike. A sample without a value that no tick has looked at yet may say more than that.
 */
const steadyBand = (all: readonly SourceSeries[], mostMs: number, { endMs, lengthMs }: Window): LatencyBand | null => {
  let [lowest, highest] = [Infinity, 0]
  for (const { samples } of all)
    for (const sample of samples) {
      if (sample.value === null && sample.endMs > endMs) return null
      if (sample.value === null || sample.endMs <= endMs - lengthMs) continue
      lowest = Math.min(lowest, sample.value)
      highest = Math.max(highest, sample.value)
    }
  const least = Math.sqrt((lowest * highest) / risingRatio)
  const top = Math.min(least * risingRatio, mostMs) * (1 - margin)
  return least > 0 && lowest >= least && highest < top ? { least, below: top } : null
}

/** Every queue that a rule may still look at was seen to be empty. */
const isNobodyWaiting = ({ prefillQueueDepth, decodeQueueDepth }: SignalHistory, endMs: EpochMs): boolean =>
  [...prefillQueueDepth, ...decodeQueueDepth].every((series) => staysWithin(series, { lo: 0, hi: 0 }, { endMs, lengthMs: queueWindowMs }))

/**
 * Who speaks for demand and latency, for how many instances. Null unless the newest samples, and those that no tick has looked at
 * yet, speak for all of them.
 */
const fullVoices = ({ signals, manifest }: ServiceState, endMs: EpochMs): readonly FullVoice[] | null => {
  const voices: FullVoice[] = []
  for (const signal of [manifest.spec.policies.proportional.signal, 'ttftMsP95', 'tbtMsP95'] as const)
    for (const { source, role, samples } of signals[signal]) {
      const registered = samples[samples.length - 1]?.registered ?? 0
      const isFull = samples.every((sample, index) => (sample.endMs <= endMs && index < samples.length - 1) || (sample.heard === registered && sample.registered === registered))
      if (!isFull || voices.some((voice) => voice.source === source && voice.role === role && voice.registered !== registered)) return null
      voices.push({ source, role, registered })
    }
  return voices
}

type Bounds = { readonly lo: number; readonly hi: number }

const below = (bound: number): Bounds => ({ lo: 0, hi: bound * (1 - margin) })

/**
 * Splits what the demand may come to over the sources as they share it. Null when it is not a demand that stays by itself: none at
 * all, or a mean that would leave its band as the oldest samples go.
 */
const demandBands = ({ signals, manifest: { spec } }: ServiceState, { needs }: Standing, nowMs: EpochMs): readonly SourceBand[] | null => {
  const { signal, targetPerInstance, windowSeconds } = spec.policies.proportional
  const window = { endMs: nowMs - latenessMs, lengthMs: secondsToMs(windowSeconds) }
  const means = signals[signal].map((series) => recentValue(series, window) ?? 0)
  const need = means.reduce((total, mean) => total + mean, 0) / targetPerInstance
  const band = need > 0 ? needs(need) : null
  if (band === null) return null
  const [least, most] = [(band.lo * (1 + margin) + margin) / need, (band.hi * (1 - margin)) / need]
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
