/**
 * Keeps the samples of a service so few that its argument and its snapshot fit into a record (1 MB), however long its
 * windows are and however many sub-clusters it has.
 */
import type { DisaggregatedServiceSpec } from '../service/specification.ts'
import { queueWindowMs } from '../signals/queue-evidence.ts'
import { countSeries, mapSeries } from '../signals/sample.ts'
import type { OwnHistory, OwnSeries, Sample, SignalName } from '../signals/sample.ts'
import type { DurationMs, EpochMs } from '../units.ts'
import { secondsToMs } from '../units.ts'
import { latenessMs } from './lateness.ts'

/** At some 110 bytes each, 135 at most, and twice as many where observed and unobserved values alternate. */
const mostSamples = 3_000
/** A window needs no more points than this: 5 s apart they are ten minutes. */
const mostPerWindow = 120

export type Budget = { readonly spec: DisaggregatedServiceSpec; readonly horizon: EpochMs }

/**
 * Cuts each signal's own window into equal slots of time and keeps the newest sample of each: 12 sub-clusters with
 * seven signals over an hour have 35 samples a series, one in 103 s. Slots stand at whole multiples of their length, so
 * that what is kept depends on the samples and not on when they were looked at. Outside the window only the newest
 * sample stays, which tells how long a source is silent; observed and unobserved values each have their own newest.
 * A sample that goes takes its coverage along with its value; one that was not observed stays beside one that was, so that
 * a gap of a source is not thinned away.
 */
export const budgetSamples = (signals: OwnHistory, { spec, horizon }: Budget): OwnHistory => {
  const slots = Math.max(1, Math.min(mostPerWindow, Math.floor(mostSamples / Math.max(1, countSeries(signals)))))
  return mapSeries(signals, (series, signal) => {
    const lengthMs = windowOf(signal, spec)
    const cut = { horizon, outside: horizon - lengthMs - latenessMs, slotMs: Math.ceil(lengthMs / slots) }
    return isThin(series.samples, cut) ? series : thin(series, cut)
  })
}

/**
 * Samples that ended by then lie outside their signal's window at this horizon, and at every later one. A lateness more than
 * the window: a sample that goes with each one that comes would have each evaluation copy every list once more.
 */
export const outsideOf = (signal: SignalName, { spec, horizon }: Budget): EpochMs => horizon - windowOf(signal, spec) - latenessMs

const windowOf = (signal: SignalName, { policies }: DisaggregatedServiceSpec): DurationMs => {
  if (signal === 'decodeTps' || signal === 'prefillTps') return secondsToMs(policies.proportional.windowSeconds)
  return signal === 'ttftMsP95' || signal === 'tbtMsP95' ? secondsToMs(policies.latencyGuard.windowSeconds) : queueWindowMs
}

type Slots = { readonly horizon: EpochMs; readonly outside: EpochMs; readonly slotMs: DurationMs }

/** True when every slot holds one sample at most, so that nothing goes; found without making a list, as it is nearly always. */
const isThin = (samples: readonly Sample[], slots: Slots): boolean => {
  for (let index = 1; index < samples.length; index++) {
    const older = samples[index - 1] as Sample
    const newer = samples[index] as Sample
    const mayShare = newer.endMs <= slots.outside || newer.endMs - older.endMs < slots.slotMs
    if (mayShare && slotOf(older, slots) === slotOf(newer, slots)) return false
  }
  return true
}

/** Goes from new to old. */
const thin = (series: OwnSeries, slots: Slots): OwnSeries => {
  const newerSlot = new Map<boolean, number>()
  const isNewestOfSlot = (sample: Sample): boolean => {
    if (sample.endMs > slots.horizon) return true
    const [isObserved, slot] = [sample.value !== null, slotOf(sample, slots)]
    const isNewest = newerSlot.get(isObserved) !== slot
    newerSlot.set(isObserved, slot)
    return isNewest
  }
  const samples = series.samples.toReversed().filter(isNewestOfSlot).reverse()
  return samples.length === series.samples.length ? series : { source: series.source, role: series.role, samples }
}

/** All that lies outside the window is one slot. What no tick may look at yet has one of its own: an earlier window may still arrive. */
const slotOf = ({ endMs }: Sample, { horizon, outside, slotMs }: Slots): number => {
  if (endMs > horizon) return endMs
  return endMs <= outside ? 0 : Math.floor(endMs / slotMs)
}
