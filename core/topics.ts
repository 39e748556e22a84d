/** The topics of the log: names, keys, retention, and which records each may carry (DESIGN section 3). */
import type { EventType } from './events/event.ts'

export const topicNames = [
  'metrics',
  'signals',
  'decisions',
  'intents',
  'rollouts',
  'cells',
  'controls',
  'snapshots',
  'services',
  'checkpoints',
  'dead-letters',
] as const
export type Topic = (typeof topicNames)[number]

export type TopicPlan = {
  readonly keyedBy: 'service' | 'cell' | 'scope' | 'none'
  readonly kept: { readonly days: number } | 'compact'
  readonly carries: readonly EventType[]
}

const observed = ['TpsObserved', 'LatencyObserved', 'HardwareObserved', 'CacheObserved'] as const

export const topics: { readonly [topic in Topic]: TopicPlan } = {
  metrics: { keyedBy: 'service', kept: { days: 2 }, carries: observed },
  signals: {
    keyedBy: 'service',
    kept: { days: 14 },
    carries: [
      ...observed,
      'CollectorHeartbeat',
      'InstancesObserved',
      'ClockTicked',
      'ServiceConfigured',
      'ServiceRemoved',
      'ControlChanged',
      'RolloutReported',
    ],
  },
  decisions: { keyedBy: 'service', kept: { days: 400 }, carries: ['ScaleDecided', 'ScaleHeld'] },
  intents: { keyedBy: 'service', kept: { days: 14 }, carries: ['ScaleIntentEmitted'] },
  rollouts: {
    keyedBy: 'service',
    kept: { days: 400 },
    carries: [
      'RolloutPlaced',
      'RolloutStepDone',
      'RolloutCommitted',
      'RolloutRolledBack',
      'RolloutStuck',
      'IntentCompleted',
      'IntentRefused',
      'IntentExpired',
      'IntentSuperseded',
    ],
  },
  cells: { keyedBy: 'cell', kept: { days: 14 }, carries: ['InventoryObserved', 'PlacementDecided', 'ReservationReleased'] },
  controls: { keyedBy: 'scope', kept: 'compact', carries: ['ControlSet'] },
  snapshots: { keyedBy: 'service', kept: 'compact', carries: ['SnapshotTaken'] },
  services: { keyedBy: 'service', kept: 'compact', carries: ['ServiceAccepted'] },
  checkpoints: { keyedBy: 'service', kept: { days: 14 }, carries: ['SnapshotTaken'] },
  'dead-letters': { keyedBy: 'none', kept: { days: 30 }, carries: ['DeadLetter', 'ProducerReported'] },
}

/** Name on the broker: `heteroscale.signals.v1`, with an optional prefix so that several fleets share a broker. */
export const brokerTopic = (topic: Topic, prefix = 'heteroscale'): string => `${prefix}.${topic}.v1`
