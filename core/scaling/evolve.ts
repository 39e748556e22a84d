/** Folds a record that concerns one service into its state. Measurements only change it; the rest may also answer. */
import type { SignalEvent } from '../events/event.ts'
import type { ClockTicked } from '../events/input.ts'
import { measuredBy } from '../signals/from-event.ts'
import type { MeasurementEvent } from '../signals/from-event.ts'
import { addHeartbeat } from '../signals/heartbeat.ts'
import { addInstances } from '../signals/instances.ts'
import { addSample } from '../signals/sample.ts'
import type { DurationMs, EpochMs, Offset } from '../units.ts'
import { configure } from './configure.ts'
import type { Evolved } from './configure.ts'
import { foldControls } from './controls.ts'
import { foldReport } from './reports.ts'
import type { ServiceState } from './service-state.ts'

export type ServiceEvent = Exclude<SignalEvent, ClockTicked>

export type EvolveContext = {
  readonly offset: Offset
  /** Time of the last tick; -1 before the first. */
  readonly nowMs: EpochMs
  /** True when what this emits will be written. */
  readonly announce: boolean
}

/** State null: the service is not managed, and only its ServiceConfigured and ServiceRemoved are listened to. */
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
      return touched({ state: isFromTheFuture(event, context) ? state : observe(state, event), emitted: [] }, context)
  }
}

type Observation = Exclude<ServiceEvent, { type: 'ServiceConfigured' | 'ControlChanged' | 'ServiceRemoved' | 'RolloutReported' | 'HardwareObserved' }>

const observe = (state: ServiceState, event: Observation): ServiceState => {
  switch (event.type) {
    case 'CollectorHeartbeat':
      return { ...state, heartbeats: addHeartbeat(state.heartbeats, event) }
    case 'InstancesObserved':
      return { ...state, instances: addInstances(state.instances, event) }
    default:
      return measure(state, event)
  }
}

/** Of the two throughputs only the one that the policy follows is kept: the state stands in every decision's argument. */
const measure = (state: ServiceState, event: MeasurementEvent): ServiceState => {
  const unused = state.manifest.spec.policies.proportional.signal === 'decodeTps' ? 'prefillTps' : 'decodeTps'
  const measured = measuredBy(event).filter(({ signal }) => signal !== unused)
  return { ...state, signals: measured.reduce(addSample, state.signals) }
}

/** A source whose clock is this far ahead would otherwise hold the newest place, and block real samples, for as long. */
const clockLeadMs: DurationMs = 300_000

const isFromTheFuture = (event: Observation, { nowMs }: EvolveContext): boolean =>
  nowMs >= 0 && timeOf(event) > nowMs + clockLeadMs

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
