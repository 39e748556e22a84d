/**
 * Keeps the samples of a service so few that its argument and its snapshot fit into a record (1 MB), however long its
 * windows are and however many sub-clusters it has.
 */
import type { DisaggregatedServiceSpec } from '../service/specification.ts'
import { queueWindowMs } from '../signals/queue-evidence.ts'
import { signalNames } from '../signals/sample.ts'
import type { Sample, SignalHistory, SignalName, SourceSeries } from '../signals/sample.ts'
import type { DurationMs, EpochMs } from '../units.ts'
import { secondsToMs } from '../units.ts'

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
export const budgetSamples = (signals: SignalHistory, { spec, horizon }: Budget): SignalHistory => {
  const seriesCount = signalNames.reduce((sum, signal) => sum + signals[signal].length, 0)
  const slots = Math.max(1, Math.min(mostPerWindow, Math.floor(mostSamples / Math.max(1, seriesCount))))
  const thinned = (signal: SignalName): readonly SourceSeries[] => {
    const lengthMs = windowOf(signal, spec)
    const slotMs = Math.ceil(lengthMs / slots)
    return mapChanged(signals[signal], (series) => thin(series, { horizon, slotMs, since: horizon - lengthMs }))
  }
  return Object.fromEntries(signalNames.map((signal) => [signal, thinned(signal)])) as SignalHistory
}

const windowOf = (signal: SignalName, { policies }: DisaggregatedServiceSpec): DurationMs => {
  if (signal === 'decodeTps' || signal === 'prefillTps') return secondsToMs(policies.proportional.windowSeconds)
  return signal === 'ttftMsP95' || signal === 'tbtMsP95' ? secondsToMs(policies.latencyGuard.windowSeconds) : queueWindowMs
}

type Slots = { readonly horizon: EpochMs; readonly since: EpochMs; readonly slotMs: DurationMs }

/** What no tick may look at yet stays as it is: an earlier window may still arrive. Goes from new to old. */
const thin = (series: SourceSeries, slots: Slots): SourceSeries => {
  const newerSlot = new Map<boolean, number>()
  const isNewestOfSlot = (sample: Sample): boolean => {
    if (sample.endMs > slots.horizon) return true
    const [isObserved, slot] = [sample.value !== null, slotOf(sample, slots)]
    const isNewest = newerSlot.get(isObserved) !== slot && (slot !== beyondWindow || !newerSlot.has(isObserved))
    newerSlot.set(isObserved, slot)
    return isNewest
  }
  const samples = series.samples.toReversed().filter(isNewestOfSlot).reverse()
  return samples.length === series.samples.length ? series : { ...series, samples }
}

const beyondWindow = -1

const slotOf = ({ endMs }: Sample, { since, slotMs }: Slots): number => (endMs <= since ? beyondWindow : Math.floor(endMs / slotMs))

const mapChanged = (all: readonly SourceSeries[], change: (series: SourceSeries) => SourceSeries): readonly SourceSeries[] => {
  const changed = all.map(change)
  return changed.some((series, index) => series !== all[index]) ? changed : all
}
