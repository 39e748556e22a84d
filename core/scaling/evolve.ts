/** Folds a record that concerns one service into its state. Measurements only change it; the rest may also answer. */
import type { SignalEvent } from '../events/event.ts'
import type { ClockTicked } from '../events/input.ts'
import type { InstancesObserved } from '../events/observed.ts'
import { measuredBy } from '../signals/from-event.ts'
import type { MeasurementEvent } from '../signals/from-event.ts'
import { addHeartbeat } from '../signals/heartbeat.ts'
import { addInstances, sameInstances } from '../signals/instances.ts'
import type { DisaggregatedServiceSpec } from '../service/specification.ts'
import { isIdleSample, takeSample } from '../signals/sample.ts'
import type { Measured, SignalHistory } from '../signals/sample.ts'
import type { DurationMs, EpochMs, Offset } from '../units.ts'
import { isCalmSample, stirredBy } from './calm-bounds.ts'
import { configure } from './configure.ts'
import type { Evolved } from './configure.ts'
import { foldControls } from './controls.ts'
import { latenessMs } from './lateness.ts'
import { foldReport } from './reports.ts'
import { outsideOf } from './sample-budget.ts'
import type { Mutable, ServiceState } from './service-state.ts'

export type ServiceEvent = Exclude<SignalEvent, ClockTicked>

export type EvolveContext = {
  readonly offset: Offset
  /** Time of the last tick; -1 before the first. */
  readonly nowMs: EpochMs
  /** What time it was at the record (`presentAt` of claim.ts); -1 while nothing tells. */
  readonly presentMs: EpochMs
  /** True when what this emits will be written. */
  readonly announce: boolean
}

/**
 * The state is changed in place where something was observed. Null: the service is not managed, and only its ServiceConfigured and
 * ServiceRemoved are listened to.
 */
export const evolve = (state: ServiceState | null, event: ServiceEvent, context: EvolveContext): Evolved => {
  if (event.type === 'ServiceConfigured') return touched(configure(state, event, context), context)
  // Also of a service that never was in force: what stands in `services` may be the refusal of its first file.
  if (event.type === 'ServiceRemoved') return { state: null, emitted: [{ topic: 'services', key: event.service, event: null }] }
  if (state === null) return { state: null, emitted: [] }
  // No policy of this version looks at GPU activity; it must not cause an evaluation either.
  if (event.type === 'HardwareObserved') return { state, emitted: [] }
  switch (event.type) {
    case 'ControlChanged':
      return touched({ state: foldControls(state, event, context.nowMs), emitted: [] }, context)
    case 'RolloutReported':
      return touched(foldReport(state, event, context.nowMs), context)
    default:
      observe(state, event, context)
      return { state, emitted: nothing }
  }
}

const nothing: Evolved['emitted'] = []

type Observation = Exclude<ServiceEvent, { type: 'ServiceConfigured' | 'ControlChanged' | 'ServiceRemoved' | 'RolloutReported' | 'HardwareObserved' }>

/**
 * Takes an observation in. What was measured is looked at when its lateness is over and not twice, and not at all where it
 * changes nothing (`calm`); instances are news at once when they changed, or while it is not known what stands.
 */
const observe = (state: Mutable<ServiceState>, event: Observation, context: EvolveContext): void => {
  state.lastInputOffset = context.offset
  if (isFromTheFuture(event, context)) return
  if (!isCalm(state, event)) {
    state.recheckAtMs = soonest(state, timeOf(event) + latenessMs)
    state.calm = state.calm && stirredBy(state.calm, timeOf(event))
  }
  if (event.type === 'CollectorHeartbeat') state.heartbeats = addHeartbeat(state.heartbeats, event)
  else if (event.type === 'InstancesObserved') observeInstances(state, event)
  else measure(state, event, context.nowMs)
}

const observeInstances = (state: Mutable<ServiceState>, event: InstancesObserved): void => {
  const instances = addInstances(state.instances, event)
  state.hasNewInput ||= state.settled === null || !sameInstances(instances, state.instances)
  state.instances = instances
}

/** A heartbeat only matters beside a demand of zero, and instances, while they stay as they are, only by their age. */
const isCalm = ({ calm, manifest: { spec }, signals }: ServiceState, event: Observation): boolean =>
  calm !== null && (event.type === 'CollectorHeartbeat' || event.type === 'InstancesObserved' || isCalmSample(calm, event, { signals, spec }))

const soonest = ({ recheckAtMs }: ServiceState, atMs: EpochMs): EpochMs =>
  recheckAtMs === null ? atMs : Math.min(recheckAtMs, atMs)

const measure = ({ manifest: { spec }, signals }: ServiceState, event: MeasurementEvent, nowMs: EpochMs): void => {
  const seen = { spec, horizon: nowMs - latenessMs }
  for (const measured of measuredBy(event))
    if (isLookedAt(measured, signals, spec)) takeSample(signals, measured, outsideOf(measured.signal, seen))
}

/**
 * The state stands in every decision's argument, so that it is kept small. Of the two throughputs only the one that the policy
 * follows is kept; and a latency that the role does not measure, as decode no TTFT, begins no series of samples that say nothing.
 */
const isLookedAt = ({ signal, role, sample }: Measured, history: SignalHistory, { policies }: DisaggregatedServiceSpec): boolean => {
  if (signal === 'decodeTps' || signal === 'prefillTps') return signal === policies.proportional.signal
  if (signal === (role === 'prefill' ? 'tbtMsP95' : 'ttftMsP95'))
    return sample.value !== null || isIdleSample(sample) || history[signal].some((series) => series.role === role)
  return true
}

/** A source whose clock is this far ahead would otherwise hold the newest place, and block real samples, for as long. */
const clockLeadMs: DurationMs = 300_000

const isFromTheFuture = (event: Observation, { presentMs }: EvolveContext): boolean =>
  presentMs >= 0 && timeOf(event) > presentMs + clockLeadMs

const timeOf = (event: Observation): EpochMs => {
  switch (event.type) {
    case 'CollectorHeartbeat':
      return event.time
    case 'InstancesObserved':
      return event.observedAt
    default:
      return event.windowEndMs
  }
}

/** Notes that the service has input that no tick has looked at yet. */
const touched = ({ state, emitted }: Evolved, { offset }: EvolveContext): Evolved => ({
  state: state && { ...state, lastInputOffset: offset, hasNewInput: true },
  emitted,
})
