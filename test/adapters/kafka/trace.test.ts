/** Records that belong to one decision are one trace, whoever wrote them. */
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { traceparentOf } from '../../../adapters/kafka/trace.ts'
import { intentIdOf } from '../../../core/ids.ts'
import { samples } from '../../schemas/samples.ts'

const decisionId = 'chat-70b-1f0c9a2b3d4e5f60'
const intentId = intentIdOf(decisionId)
const partsOf = (event: Parameters<typeof traceparentOf>[0]): readonly string[] => traceparentOf(event)?.split('-') ?? []

test('decision, intent, report and facts share a trace id that follows from the decision’s id; each has a span of its own', () => {
  const chain = [
    { ...samples.ScaleDecided, decisionId },
    { ...samples.ScaleIntentEmitted, decisionId, intentId },
    { ...samples.RolloutReported, intentId },
    { ...samples.RolloutStepDone, intentId },
    { ...samples.IntentCompleted, intentId },
  ].map(partsOf)
  const expected = createHash('sha256').update(decisionId).digest('hex').slice(0, 32)
  expect(chain.map(([version, trace, , flags]) => [version, trace, flags])).toEqual(chain.map(() => ['00', expected, '01']))
  const spans = chain.map(([, , span]) => span)
  expect(new Set(spans).size).toBe(chain.length)
  for (const span of spans) expect(span).toMatch(/^[0-9a-f]{16}$/)
})

test('another decision is another trace, and a measurement is none', () => {
  expect(partsOf({ ...samples.ScaleHeld, decisionId })[1]).not.toBe(partsOf({ ...samples.ScaleHeld, decisionId: `${decisionId}0` })[1])
  expect(traceparentOf(samples.TpsObserved)).toBeUndefined()
})
