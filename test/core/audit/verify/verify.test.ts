/** Given a true record, when one thing in it is not true any more, then verify names that thing. */
import { describe, expect, it } from 'vitest'
import { hashOfDecision } from '../../../../core/scaling/record-hash.ts'
import type { LogEvent } from '../../../../core/events/event.ts'
import type { FleetChange, GroupWriteChange } from '../../../../core/rollout/fleet-change.ts'
import { changed, codesOf, eventsOf, group, trueRecord, verified, without, type Recorded } from './recorded.ts'

const recorded = trueRecord()
const decisions = eventsOf(recorded, 'ScaleDecided')
const intents = eventsOf(recorded, 'ScaleIntentEmitted')
const [first, second] = decisions
const secondId = second?.decisionId ?? ''
const secondIntent = `i-${secondId}`

const isOf = (event: LogEvent, type: LogEvent['type'], intentId: string): boolean => event.type === type && 'intentId' in event && event.intentId === intentId
const writes = recorded.changes.filter((change): change is GroupWriteChange => change.kind === 'written')
const withChanges = (changes: readonly FleetChange[]): Recorded => ({ ...recorded, changes })
const stranger = (over: Partial<GroupWriteChange>): GroupWriteChange => ({ ...(writes.at(-1) as GroupWriteChange), ...over })

describe('a true record', () => {
  it('has no findings, and says how much was right', () => {
    expect(decisions.length).toBeGreaterThan(2)
    const verification = verified(recorded)
    expect(verification.findings).toEqual([])
    expect(verification).toMatchObject({
      services: 1,
      decisions: decisions.length,
      intents: { count: decisions.length, ended: decisions.length, open: 0 },
      rollouts: { count: decisions.length, committed: decisions.length },
      effects: { count: writes.length, matched: writes.length },
    })
  })

  it('may repeat records with equal bytes: an owner died between writing and committing', () => {
    const verification = verified({ ...recorded, records: [...recorded.records, ...recorded.records.filter(({ event }) => event === first || event === intents[0])] })
    expect(verification).toMatchObject({ findings: [], repeats: 2 })
  })

  it('may have lost its beginning to retention', () => {
    const late = { ...recorded, records: recorded.records.filter(({ event }) => event !== null && event !== first && !isOf(event, 'ScaleIntentEmitted', intents[0]?.intentId ?? '')) }
    expect(codesOf(verified(late, { cut: ['decisions', 'intents', 'cells'] }))).toEqual([])
    expect(codesOf(verified(late))).not.toEqual([])
  })

  it('may have an order that is not due yet', () => {
    const last = intents.at(-1)?.intentId ?? ''
    const open = without(recorded, (event) => isOf(event, 'IntentCompleted', last) || isOf(event, 'RolloutCommitted', last))
    expect(verified(open)).toMatchObject({ findings: [], intents: { open: 1 }, rollouts: { open: 1 } })
    expect(codesOf(verified(open, { laterMs: 3_600_000 }))).toEqual(['INTENT_WITHOUT_END', 'ROLLOUT_WITHOUT_END'])
  })

  it('may have a rollout that waits for the release of a stop, for hours', () => {
    const last = intents.at(-1)?.intentId ?? ''
    const halted = changed(without(recorded, (event) => isOf(event, 'IntentCompleted', last)), (event) =>
      isOf(event, 'RolloutCommitted', last) ? ({ ...event, type: 'RolloutStepDone', step: 'register', outcome: 'halted' } as LogEvent) : null,
    )
    expect(codesOf(verified(halted, { laterMs: 36_000_000 }))).toEqual([])
  })
})

describe('the chains', () => {
  it('show a decision that was removed, and what it leaves without a cause', () => {
    const verification = verified(without(recorded, (event) => event === second))
    expect(codesOf(verification)).toEqual(['CHAIN_BROKEN', 'INTENT_WITHOUT_DECISION'])
    expect(verification.findings.find(({ code }) => code === 'INTENT_WITHOUT_DECISION')?.id).toBe(secondIntent)
  })

  it('show the very first decision that was removed: the next does not begin the chain', () => {
    const verification = verified(without(recorded, (event) => event === first))
    expect(codesOf(verification)).toEqual(['CHAIN_BROKEN', 'INTENT_WITHOUT_DECISION'])
    expect(verification.findings.find(({ code }) => code === 'CHAIN_BROKEN')?.id).toBe(secondId)
  })

  it('show one changed byte, by the name of the decision', () => {
    const { findings } = verified(changed(recorded, (event) => (event === second ? { ...second, reason: `${second.reason}.` } : null)))
    expect(findings.map(({ code, id }) => `${code} ${id}`)).toEqual([`DECISION_CHANGED ${secondId}`])
  })

  it('show a decision that was changed and hashed again', () => {
    const forged = (event: LogEvent): LogEvent | null => {
      if (event !== second) return null
      const other = { ...second, reason: 'another' }
      return { ...other, hash: hashOfDecision(other) }
    }
    expect(codesOf(verified(changed(recorded, forged)))).toEqual(['CHAIN_BROKEN'])
  })

  it('show two contents under one id', () => {
    const twice = second === undefined ? [] : [{ ...(recorded.records[0] as Recorded['records'][number]), event: { ...second, reason: 'b' } }]
    expect(codesOf(verified({ ...recorded, records: [...recorded.records, ...twice] }))).toEqual(['TWO_CONTENTS'])
  })

  it('begin anew with another version of the deciding code, and after a removal', () => {
    const other = (event: LogEvent): LogEvent | null => {
      if (event.type !== 'ScaleDecided' || event !== first) return null
      const alone = { ...event, coreHash: 'core-0', previousHeldHash: '' }
      return { ...alone, hash: hashOfDecision(alone) }
    }
    expect(codesOf(verified(changed(recorded, other)))).toEqual(['CHAIN_BROKEN'])
    const removed = { topic: 'signals', partition: 0, offset: (first?.inputs.tickOffset ?? 0) + 1, key: 'chat', appendedAtMs: 0, event: { type: 'ServiceRemoved', service: 'chat', author: 'a', time: (first?.time ?? 0) + 1 } } as const
    const chainOfSecond = verified({ ...recorded, records: [...recorded.records, removed] }).findings
    expect(chainOfSecond.some(({ code, detail }) => code === 'CHAIN_BROKEN' && detail.startsWith('at the beginning'))).toBe(true)
  })
})

describe('orders and their ends', () => {
  it('a decision without an intent', () => {
    const { findings } = verified(without(recorded, (event) => isOf(event, 'ScaleIntentEmitted', secondIntent)))
    expect(findings[0]).toMatchObject({ code: 'DECISION_WITHOUT_INTENT', id: secondId })
    expect(findings.map(({ code }) => code)).toEqual(expect.arrayContaining(['ROLLOUT_WITHOUT_INTENT', 'PLACEMENT_WITHOUT_INTENT', 'EFFECT_WITHOUT_INTENT']))
  })

  it('an intent with another target than was decided', () => {
    const greedy = changed(recorded, (event) => (isOf(event, 'ScaleIntentEmitted', secondIntent) ? ({ ...event, target: { prefill: 9, decode: 18 } } as LogEvent) : null))
    expect(verified(greedy).findings).toMatchObject([{ code: 'INTENT_DISAGREES', id: secondIntent, detail: expect.stringContaining('target is 9P+18D') as string }])
  })

  it('an intent without an end, and a rollout without one', () => {
    expect(codesOf(verified(without(recorded, (event) => isOf(event, 'IntentCompleted', secondIntent)), { laterMs: 3_600_000 }))).toEqual(['INTENT_WITHOUT_END'])
    const { findings } = verified(without(recorded, (event) => isOf(event, 'RolloutCommitted', secondIntent)))
    expect(findings).toMatchObject([{ code: 'ROLLOUT_WITHOUT_END', id: `rollout/chat/${secondIntent}/${group}` }])
  })

  it('a rollout that is stuck', () => {
    const stuck = changed(recorded, (event) => (isOf(event, 'RolloutCommitted', secondIntent) ? ({ ...event, type: 'RolloutStuck', step: 'grow', detail: 'no such node' } as LogEvent) : null))
    expect(verified(stuck).findings).toMatchObject([{ code: 'ROLLOUT_STUCK', detail: 'stuck at grow: no such node' }])
  })

  it('a rollout that no placement names, or that was told other counts', () => {
    expect(codesOf(verified(without(recorded, (event) => isOf(event, 'RolloutPlaced', secondIntent))))).toEqual(['ROLLOUT_NOT_PLACED'])
    const other = changed(recorded, (event) => (isOf(event, 'RolloutPlaced', secondIntent) ? ({ ...event, target: { prefill: 1, decode: 1 } } as LogEvent) : null))
    expect(codesOf(verified(other))).toEqual(['ROLLOUT_DISAGREES'])
  })
})

describe('effects in the change log', () => {
  const effect = (over: Partial<GroupWriteChange>): readonly string[] => codesOf(verified(withChanges([...recorded.changes, stranger(over)])))

  it('one that no intent asked for', () => {
    expect(effect({ key: 'by-hand', intentId: '', sequence: 99 })).toEqual(['EFFECT_WITHOUT_INTENT'])
    expect(effect({ key: `rollout/chat/i-nobody/${group}/grow` })).toEqual(['EFFECT_WITHOUT_INTENT'])
  })

  it('one that borrows the name of an intent', () => {
    expect(effect({ key: 'by-hand', countsAfter: { prefill: 9, decode: 9 } })).toEqual(['EFFECT_DISAGREES'])
    expect(effect({ group: 'g-2', key: `${writes.at(-1)?.key.replace(group, 'g-2')}` })).toEqual(['EFFECT_NOT_PLACED'])
  })

  it('one that is repeated, or comes after the end', () => {
    expect(effect({})).toEqual(['EFFECT_REPEATED'])
    const late = withChanges(recorded.changes.map((change) => (change === writes.at(-1) ? { ...change, time: change.time + 600_000 } : change)))
    expect(codesOf(verified(late))).toEqual(['EFFECT_AFTER_END'])
  })

  it('one with other counts than the plan orders, or another sequence', () => {
    const other = (over: Partial<GroupWriteChange>) => codesOf(verified(withChanges(recorded.changes.map((change) => (change === writes[0] ? { ...change, ...over } : change)))))
    expect(other({ countsAfter: { prefill: 9, decode: 9 } })).toEqual(['EFFECT_DISAGREES'])
    expect(other({ sequence: 77 })).toEqual(['EFFECT_DISAGREES'])
  })

  it('a commit whose effect is missing', () => {
    const { findings } = verified(withChanges(recorded.changes.filter((change) => change !== writes[0])))
    expect(findings).toMatchObject([{ code: 'COMMIT_WITHOUT_EFFECT' }])
  })

  it('refused writes and planted faults are no effects', () => {
    const refused: FleetChange = { kind: 'refused', time: writes[0]?.time ?? 0, group, service: 'chat', key: 'by-hand', code: 'UID_CHANGED', detail: '' }
    expect(codesOf(verified(withChanges([...recorded.changes, refused])))).toEqual([])
  })
})
