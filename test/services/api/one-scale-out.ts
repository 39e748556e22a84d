/** Records of one scale-out of chat-70b from 4P+8D to 6P+12D, as the other processes write them. */
import type {
  IntentCompleted,
  RolloutEvent,
  ScaleDecided,
  ScaleHeld,
  ScaleIntentEmitted,
} from '../../../core/events/decided.ts'
import type { InstancesObserved, LatencyObserved, TpsObserved } from '../../../core/events/observed.ts'
import type { PlacementDecided, ReservationReleased } from '../../../core/events/placed.ts'
import { start } from './api-world.ts'

export const service = 'chat-70b'
export const decisionId = 'chat-70b-0123456789abcdef'
export const intentId = `i-${decisionId}`
export const group = 'chat-70b-g1'
const at = (seconds: number): number => start + seconds * 1000

export const decided: ScaleDecided = {
  type: 'ScaleDecided',
  decisionId,
  service,
  sequence: 3,
  time: at(10),
  kind: 'scale-out',
  from: { prefill: 4, decode: 8 },
  to: { prefill: 6, decode: 12 },
  reason: 'decode load 14400 tokens/s needs 12 instances at 1200 each',
  evidence: [
    { signal: 'decodeTps', state: 'fresh', value: 14_400, ageMs: 3000, coverage: 1, rising: true },
    { signal: 'ttftMsP95', state: 'missing', value: null, ageMs: null, coverage: null, rising: false },
  ],
  asks: [{ policy: 'proportional', direction: 'out', target: { prefill: 6, decode: 12 }, reason: '1.5 times the target per instance' }],
  limits: [{ limit: 'rate', before: { prefill: 7, decode: 14 }, after: { prefill: 6, decode: 12 }, detail: 'at most 4 instances in 60 s' }],
  inputs: { partition: 2, tickOffset: 41, lastInputOffset: 40 },
  argument: '{"large":"state"}',
  policyHash: 'aaaaaaaaaaaabbbb',
  coreHash: 'cccc',
  holdsHash: '',
  previousHash: '',
  previousHeldHash: 'ffff',
  hash: 'dddd',
}

export const held: ScaleHeld = {
  type: 'ScaleHeld',
  decisionId: 'chat-70b-00000000000000aa',
  service,
  time: at(5),
  reason: 'WITHIN_TOLERANCE',
  detail: 'load is 1.02 of the target',
  current: { prefill: 4, decode: 8 },
  evidence: [],
  asks: [],
  inputs: { partition: 2, tickOffset: 21, lastInputOffset: 20 },
  policyHash: 'aaaaaaaaaaaabbbb',
  coreHash: 'cccc',
  holds: 1,
  holdsHash: 'eeee',
  previousHash: '',
  hash: 'ffff',
}

export const intent: ScaleIntentEmitted = {
  type: 'ScaleIntentEmitted',
  intentId,
  decisionId,
  service,
  cell: 'cell-a',
  sequence: 3,
  kind: 'scale-out',
  from: decided.from,
  target: decided.to,
  ratio: { prefill: 1, decode: 2 },
  band: { lo: 0.375, hi: 0.625 },
  minimum: { prefill: 2, decode: 4 },
  maximum: { prefill: 12, decode: 24 },
  affinity: 's2',
  requirements: [],
  priority: 10,
  readyDeadlineMs: 180_000,
  emittedAt: at(10),
  expiresAt: at(310),
}

export const placement: PlacementDecided = {
  type: 'PlacementDecided',
  cell: 'cell-a',
  time: at(10.2),
  requests: [],
  answers: [
    {
      requestId: intentId,
      service,
      refusal: null,
      groups: [
        {
          group,
          isNew: false,
          subCluster: 'sub-1',
          domain: 'vdc/c/sub-1/pod-1',
          uid: 'u',
          resourceVersion: '1',
          from: decided.from,
          to: decided.to,
          gpuTypes: { prefill: 'H100', decode: 'H20' },
          gpusPerInstance: { prefill: 4, decode: 4 },
          reserved: [
            { node: 'n1', role: 'prefill', gpus: 8 },
            { node: 'n2', role: 'decode', gpus: 16 },
          ],
        },
      ],
    },
  ],
  viewOffset: 0,
  basedOn: -1,
}

const fact = { service, intentId, sequence: 3, group }

export const rolloutBegins: readonly RolloutEvent[] = [
  { ...fact, type: 'RolloutPlaced', target: decided.to, detail: '4P+8D to 6P+12D', time: at(10.4) },
  { ...fact, type: 'RolloutStepDone', step: 'apply', outcome: 'step-done', detail: 'counts written', time: at(10.6) },
]

export const rolloutCommits: readonly RolloutEvent[] = [
  { ...fact, type: 'RolloutStepDone', step: 'await-ready', outcome: 'step-done', detail: '6P+12D ready', time: at(50) },
  { ...fact, type: 'RolloutCommitted', counts: decided.to, detail: 'in service', time: at(55) },
]

export const rolloutUndoes: readonly RolloutEvent[] = [
  { ...fact, type: 'RolloutStepDone', step: 'await-ready', outcome: 'step-failed', detail: 'decode 9 of 12 ready', time: at(190) },
  { ...fact, type: 'RolloutStepDone', step: 'apply', outcome: 'step-undone', detail: 'back to 4P+8D', time: at(192) },
  { ...fact, type: 'RolloutRolledBack', counts: decided.from, detail: 'decode not ready in time', time: at(193) },
]

export const completed = (partial: boolean, seconds: number): IntentCompleted => ({
  type: 'IntentCompleted',
  service,
  intentId,
  sequence: 3,
  partial,
  detail: partial ? '0 of 1 groups committed' : '1 of 1 groups committed',
  time: at(seconds),
})

export const released = (outcome: ReservationReleased['outcome'], seconds: number): ReservationReleased => ({
  type: 'ReservationReleased',
  cell: 'cell-a',
  requestId: intentId,
  group,
  outcome,
  time: at(seconds),
})

const role = (name: 'prefill' | 'decode', count: number, gpuType: string) =>
  ({ role: name, desired: count, scheduled: count, ready: count, registered: count, gpuType }) as const

export const instances = (prefill: number, decode: number, seconds: number): InstancesObserved => ({
  type: 'InstancesObserved',
  service,
  subCluster: 'sub-1',
  complete: true,
  observedAt: at(seconds),
  groups: [{ group, domain: 'vdc/c/sub-1/pod-1', sequence: 3, roles: [role('prefill', prefill, 'H100'), role('decode', decode, 'H20')] }],
})

const sample = (source: string, seconds: number) =>
  ({ service, source, windowStartMs: at(seconds - 10), windowEndMs: at(seconds), instancesHeard: 8, instancesRegistered: 8 }) as const

export const decodeTps = (tps: number, source: string, seconds: number): TpsObserved => ({
  ...sample(source, seconds),
  type: 'TpsObserved',
  role: 'decode',
  tps,
})

export const latency = (ttftMsP95: number | null, source: string, seconds: number): LatencyObserved => ({
  ...sample(source, seconds),
  type: 'LatencyObserved',
  role: 'prefill',
  ttftMsP95,
  tbtMsP95: null,
  requests: 100,
})
