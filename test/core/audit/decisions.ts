/** Decisions, holds and intents as a decider would write them, for tests of the audit. */
import { hashOfDecision } from '../../../core/scaling/record-hash.ts'
import type { ScaleDecided, ScaleHeld, ScaleIntentEmitted } from '../../../core/events/decided.ts'
import { decisionIdOf, intentIdOf } from '../../../core/ids.ts'

const start = Date.UTC(2026, 0, 1)
const idAt = (offset: number) => decisionIdOf({ logId: 'log-1', partition: 0, offset }, 'chat')

export const decisionAt = (offset: number, { previousHash = '', sequence = 1, decode = 6 } = {}): ScaleDecided => {
  const decision: ScaleDecided = {
    type: 'ScaleDecided',
    decisionId: idAt(offset),
    service: 'chat',
    sequence,
    time: start + offset * 1000,
    kind: 'scale-out',
    from: { prefill: 2, decode: 4 },
    to: { prefill: 3, decode },
    reason: 'DEMAND_ROSE',
    evidence: [],
    asks: [],
    limits: [],
    inputs: { partition: 0, tickOffset: offset, lastInputOffset: offset - 1 },
    argument: '{}',
    policyHash: 'p',
    coreHash: 'c',
    holdsHash: 'h',
    previousHash,
    previousHeldHash: '',
    hash: '',
  }
  return { ...decision, hash: hashOfDecision(decision) }
}

export const holdAt = (offset: number, reason = 'WITHIN_THRESHOLDS'): ScaleHeld => ({
  type: 'ScaleHeld',
  decisionId: idAt(offset),
  service: 'chat',
  time: start + offset * 1000,
  reason,
  detail: '',
  current: { prefill: 2, decode: 4 },
  evidence: [],
  asks: [],
  inputs: { partition: 0, tickOffset: offset, lastInputOffset: offset - 1 },
  policyHash: 'p',
  coreHash: 'c',
  holds: 1,
  holdsHash: 'h',
  previousHash: '',
  hash: 'own',
})

export const intentOf = (decision: ScaleDecided): ScaleIntentEmitted => ({
  type: 'ScaleIntentEmitted',
  intentId: intentIdOf(decision.decisionId),
  decisionId: decision.decisionId,
  service: decision.service,
  cell: 'cell-a',
  sequence: decision.sequence,
  kind: decision.kind,
  from: decision.from,
  target: decision.to,
  ratio: { prefill: 1, decode: 2 },
  band: { lo: 0.4, hi: 0.6 },
  minimum: { prefill: 1, decode: 2 },
  maximum: { prefill: 10, decode: 20 },
  affinity: 's2',
  requirements: [],
  priority: 0,
  readyDeadlineMs: 600_000,
  emittedAt: decision.time,
  expiresAt: decision.time + 600_000,
})
