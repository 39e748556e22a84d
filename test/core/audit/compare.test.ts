import { describe, expect, it } from 'vitest'
import { compareOutputs } from '../../../core/audit/compare.ts'
import * as engine from '../../../core/audit/engine.ts'
import { openReplay, outputKey, presentStretch, type AuditedOutput, type Replay } from '../../../core/audit/replay.ts'
import { decisionAt, holdAt, intentOf } from './decisions.ts'

/** A replay that folded offsets 0..99 and arrived at these outputs. */
const replayWith = (...outputs: readonly AuditedOutput[]): Replay => {
  const replay = openReplay({ partition: 0, coreHash: 'c', fold: { engine, state: engine.openPartition(0, 'c') } })
  replay.nextOffset = 100
  replay.lastTickMs = decisionAt(99).time
  for (const event of outputs) replay.outputs.set(outputKey(event), { event, offset: offsetOf(event), stretch: presentStretch(replay) })
  return replay
}
const offsetOf = (event: AuditedOutput): number => (event.type === 'ScaleIntentEmitted' ? 50 : event.inputs.tickOffset)
const recorded = (...outputs: readonly AuditedOutput[]) => ({ outputs, committed: 100 })

const decision = decisionAt(50)
const hold = holdAt(40)

describe('comparing a replay with the record', () => {
  it('counts what is equal, by type', () => {
    const result = compareOutputs(replayWith(hold, decision, intentOf(decision)), recorded(hold, decision, intentOf(decision)))
    expect(result).toEqual({
      decisions: { count: 1, equal: 1 },
      holds: { count: 1, equal: 1 },
      intents: { count: 1, equal: 1 },
      duplicates: 0,
      unsettled: 0,
      differences: [],
    })
  })

  it('collapses repeats with equal bytes', () => {
    const result = compareOutputs(replayWith(decision), recorded(decision, { ...decision }, { ...decision }))
    expect(result).toMatchObject({ decisions: { count: 1, equal: 1 }, duplicates: 2, differences: [] })
  })

  it('names decision and field where the bytes differ', () => {
    const result = compareOutputs(replayWith(decisionAt(50, { decode: 7 })), recorded(decision))
    expect(result.decisions).toEqual({ count: 1, equal: 0 })
    expect(result.differences[0]).toMatchObject({ what: 'differs', id: decision.decisionId, path: 'to.decode', recorded: '6', replayed: '7' })
  })

  it('compares hold hashes too', () => {
    const result = compareOutputs(replayWith({ ...hold, holdsHash: 'other' }), recorded(hold))
    expect(result.differences).toMatchObject([{ type: 'ScaleHeld', path: 'holdsHash', recorded: '"h"', replayed: '"other"' }])
  })

  it('reports one id with two contents even when the first equals the replay', () => {
    const result = compareOutputs(replayWith(decision), recorded(decision, { ...decision, reason: 'OTHER' }))
    expect(result.decisions).toEqual({ count: 1, equal: 1 })
    expect(result.differences).toMatchObject([{ what: 'two-contents', path: 'reason' }])
  })

  it('reports a decision that was recorded and never decided', () => {
    const result = compareOutputs(replayWith(), recorded(decision))
    expect(result).toMatchObject({ decisions: { count: 1, equal: 0 }, differences: [{ what: 'unexpected' }] })
  })

  it('reports a decision that is lost although its input was committed', () => {
    const result = compareOutputs(replayWith(decision), recorded())
    expect(result).toMatchObject({ decisions: { count: 1, equal: 0 }, differences: [{ what: 'missing' }] })
  })

  it('does not count what a dying owner had not confirmed', () => {
    const result = compareOutputs(replayWith(decision), { outputs: [], committed: 50 })
    expect(result).toMatchObject({ decisions: { count: 0, equal: 0 }, unsettled: 1, differences: [] })
  })

  it('leaves out what a live decider decides after the range that was replayed', () => {
    const later = decisionAt(120)
    const result = compareOutputs(replayWith(decision), recorded(decision, later, intentOf(later)))
    expect(result).toMatchObject({ decisions: { count: 1, equal: 1 }, intents: { count: 0, equal: 0 }, differences: [] })
  })
})
