/** Given a true record, when one hold in it was changed, removed, moved or added, then verify names where. */
import { describe, expect, it } from 'vitest'
import type { ScaleDecided, ScaleHeld, SnapshotTaken } from '../../../../core/events/decided.ts'
import type { LogEvent } from '../../../../core/events/event.ts'
import { hashOfDecision, hashOfHold } from '../../../../core/scaling/record-hash.ts'
import { changed, eventsOf, trueRecord, verified, without, type Recorded } from './recorded.ts'

type Verdict = ScaleDecided | ScaleHeld

const recorded = trueRecord()
const holds = eventsOf(recorded, 'ScaleHeld')
const verdictsOf = ({ records }: Recorded): readonly Verdict[] => records.flatMap(({ event }) => (event?.type === 'ScaleDecided' || event?.type === 'ScaleHeld' ? [event] : []))
const verdicts = verdictsOf(recorded)
const typeAt = (at: number): string => verdicts[at]?.type ?? ''

/** The second hold that stands so between its neighbours: the first also begins the chain. */
const holdBetween = (before: Verdict['type'], after: Verdict['type']): ScaleHeld => {
  const found = verdicts.flatMap((event, at) => (event.type === 'ScaleHeld' && typeAt(at - 1) === before && typeAt(at + 1) === after ? [event] : []))
  if (found[1] === undefined) throw new Error(`expected two holds between ${before} and ${after}`)
  return found[1]
}

const middle = holdBetween('ScaleDecided', 'ScaleHeld')
const lastBeforeDecision = holdBetween('ScaleHeld', 'ScaleDecided')
const newest = holds.at(-1) as ScaleHeld
const follower = (hold: ScaleHeld): string => verdicts[verdicts.indexOf(hold) + 1]?.decisionId ?? ''

const found = (record: Recorded, options: Parameters<typeof verified>[1] = {}): readonly string[] => verified(record, options).findings.map(({ code, id }) => `${code} ${id}`)
const with1 = (hold: ScaleHeld, over: Partial<ScaleHeld>): Recorded => changed(recorded, (event) => (event === hold ? { ...hold, ...over } : null))
const gone = (hold: ScaleHeld, from: Recorded = recorded): Recorded => without(from, (event) => event === hold)
const sealed = (hold: ScaleHeld): ScaleHeld => ({ ...hold, hash: hashOfHold(hold) })

/** The record with `more` right after `hold`. */
const inserted = (from: Recorded, hold: ScaleHeld, more: ScaleHeld): Recorded => ({
  ...from,
  records: from.records.flatMap((record) => (record.event === hold ? [record, { ...record, event: more }] : [record])),
})

/** The same record as version 1 wrote it: holds have no hash, and decisions do not name the hold before them. */
const asVersion1 = (): Recorded => {
  let previousHash = ''
  return changed(recorded, (event) => {
    if (event.type === 'ScaleHeld') return { ...event, previousHash: '', hash: '' }
    if (event.type !== 'ScaleDecided') return null
    const open = { ...event, previousHeldHash: '', previousHash }
    previousHash = hashOfDecision(open)
    return { ...open, hash: previousHash }
  })
}

describe('a hold of which something was changed', () => {
  const [ask, ...otherAsks] = middle.asks
  const [demand, second, ...otherEvidence] = middle.evidence
  if (ask === undefined || demand === undefined || second === undefined) throw new Error('expected a hold with asks and evidence')

  it.each<[string, Partial<ScaleHeld>]>([
    ['its detail', { detail: `${middle.detail.slice(0, -1)}~` }],
    ['its reason', { reason: `${middle.reason}_` }],
    ['what the first evidence measured', { evidence: [{ ...demand, value: (demand.value ?? 0) + 1 }, second, ...otherEvidence] }],
    ['what a later evidence measured', { evidence: [demand, { ...second, value: (second.value ?? 0) + 1 }, ...otherEvidence] }],
    ['whether evidence rises', { evidence: [demand, { ...second, rising: !second.rising }, ...otherEvidence] }],
    ['the reason of an ask', { asks: [{ ...ask, reason: `${ask.reason}.` }, ...otherAsks] }],
    ['the target of an ask', { asks: [{ ...ask, target: { prefill: 9, decode: 18 } }, ...otherAsks] }],
    ['the last input', { inputs: { ...middle.inputs, lastInputOffset: middle.inputs.lastInputOffset - 1 } }],
    ['its tick', { inputs: { ...middle.inputs, tickOffset: middle.inputs.tickOffset - 1 } }],
    ['its time', { time: middle.time + 1 }],
    ['the counts', { current: { prefill: 1, decode: 2 } }],
    ['the policy', { policyHash: 'other' }],
    ['how many holds there were', { holds: middle.holds + 1_000 }],
    ['the hash over all holds', { holdsHash: middle.hash }],
    ['the hold that it follows', { previousHash: '' }],
    ['its own hash', { hash: middle.holdsHash }],
    ['its own hash, to none', { hash: '' }],
  ])('%s: it is named, and no other', (_, over) => {
    expect(found(with1(middle, over))).toEqual([`HOLD_CHANGED ${middle.decisionId}`])
  })

  it('the sign of a zero', () => {
    const idle = sealed({ ...newest, evidence: [...newest.evidence, { ...second, value: 0 }] })
    expect(found(with1(newest, idle))).toEqual(found(recorded))
    expect(found(with1(newest, { ...idle, evidence: [...newest.evidence, { ...second, value: -0 }] }))).toEqual([`HOLD_CHANGED ${newest.decisionId}`])
  })

  it('and its hash with it: what follows it names another', () => {
    const forged = sealed({ ...middle, detail: 'nothing to see' })
    expect(found(with1(middle, forged))).toEqual([`HOLDS_BROKEN ${follower(middle)}`])
  })

  it('that stands twice with different bytes', () => {
    expect(found(inserted(recorded, middle, { ...middle, detail: 'b' }))).toEqual([`TWO_CONTENTS ${middle.decisionId}`])
    expect(verified(inserted(recorded, middle, { ...middle }))).toMatchObject({ findings: [], repeats: 1 })
  })
})

describe('a hold that was removed', () => {
  it.each<[string, ScaleHeld]>([
    ['the first', holds[0] as ScaleHeld],
    ['one in the middle, after a decision', middle],
    ['the last before a decision', lastBeforeDecision],
  ])('%s: what follows it is named', (_, hold) => {
    expect(found(gone(hold))).toEqual([`HOLDS_BROKEN ${follower(hold)}`])
  })

  it('together with all others before a decision', () => {
    const [firstDecision] = eventsOf(recorded, 'ScaleDecided')
    const before = holds.filter(({ time }) => time < (firstDecision?.time ?? 0))
    expect(found(without(recorded, (event) => before.includes(event as ScaleHeld)))).toEqual([`HOLDS_BROKEN ${firstDecision?.decisionId}`])
  })

  it('is still missed where one before it was changed', () => {
    expect(found(gone(lastBeforeDecision, with1(middle, { detail: 'other' })))).toEqual(expect.arrayContaining([`HOLD_CHANGED ${middle.decisionId}`, `HOLDS_BROKEN ${follower(lastBeforeDecision)}`]))
  })

  it('is still missed right after one that was changed', () => {
    const next = verdicts[verdicts.indexOf(middle) + 1] as ScaleHeld
    expect(found(gone(next, with1(middle, { detail: 'other' })))).toEqual([`HOLD_CHANGED ${middle.decisionId}`, `HOLDS_BROKEN ${follower(next)}`])
  })

  it('may be as old as what retention has taken, and no younger', () => {
    const [firstDecision] = eventsOf(recorded, 'ScaleDecided')
    const kept = (from: Verdict | undefined): Recorded => ({ ...recorded, records: recorded.records.filter(({ event }) => !verdicts.slice(0, verdicts.indexOf(from as Verdict)).includes(event as Verdict)) })
    const options = { cut: ['decisions', 'intents', 'rollouts', 'cells'] } as const
    const of = (record: Recorded): readonly string[] => found(record, options).filter((text) => text.startsWith('HOLD'))
    expect(of(kept(holds[1]))).toEqual([])
    expect(of(kept(firstDecision))).toEqual([])
    const next = verdicts[verdicts.indexOf(firstDecision as Verdict) + 1] as ScaleHeld
    expect(of(gone(next, kept(firstDecision)))).toEqual([`HOLDS_BROKEN ${follower(next)}`])
  })
})

describe('a hold that was added', () => {
  it('under another id, sealed or not', () => {
    const again = { ...middle, decisionId: 'chat-00000000000000aa' }
    expect(found(inserted(recorded, middle, again))).toContain(`HOLD_CHANGED ${again.decisionId}`)
    expect(found(inserted(recorded, middle, sealed({ ...again, previousHash: middle.hash })))).toContain(`HOLDS_BROKEN ${again.decisionId}`)
  })
})

describe('the newest hold, which nothing on record follows', () => {
  const snapshot = (heldHash: string, over: Partial<SnapshotTaken> = {}): SnapshotTaken => ({
    type: 'SnapshotTaken', service: 'chat', logId: 'log-1', coreHash: newest.coreHash, partition: 0, lastInputOffset: 1, heldHash, state: '{}', time: newest.time + 1, ...over,
  })
  const missed = ['HOLDS_BROKEN snapshots/chat']

  it('is missed by the snapshots that were taken after it', () => {
    expect(verdicts.at(-1)).toBe(newest)
    expect(found(recorded, { snapshots: [snapshot(newest.hash)] })).toEqual([])
    expect(found(gone(newest), { snapshots: [snapshot(newest.hash)] })).toEqual(missed)
  })

  it('is missed by nobody else', () => {
    expect(found(gone(newest), { snapshots: [snapshot(middle.hash), snapshot('')] })).toEqual([])
  })

  it('is changed, not missing, where its bytes or its hash are others', () => {
    for (const over of [{ detail: 'other' }, { hash: middle.hash }]) expect(found(with1(newest, over), { snapshots: [snapshot(newest.hash)] })).toEqual([`HOLD_CHANGED ${newest.decisionId}`])
  })

  it('may have expired, but not where an older one is kept', () => {
    const options = { cut: ['decisions'], snapshots: [snapshot(newest.hash)] } as const
    expect(found({ records: [], changes: [] }, options)).toEqual([])
    expect(found({ records: [], changes: [] }, { snapshots: options.snapshots })).toEqual(missed)
    expect(found(gone(newest), options)).toEqual(missed)
    const last = eventsOf(recorded, 'ScaleDecided').at(-1)
    const onlyTheLast = without(recorded, (event: LogEvent) => event !== last && (event.type === 'ScaleDecided' || event.type === 'ScaleHeld'))
    const ofHolds = (heldHash: string): readonly string[] => found(onlyTheLast, { cut: ['decisions', 'intents', 'rollouts', 'cells'], snapshots: [snapshot(heldHash)] }).filter((text) => text.startsWith('HOLD'))
    expect(ofHolds(last?.previousHeldHash ?? '')).toEqual([])
    expect(ofHolds(newest.hash)).toEqual(missed)
  })
})

describe('a record of version 1', () => {
  const old = asVersion1()
  const [, oldMiddle] = [0, eventsOf(old, 'ScaleHeld').find(({ decisionId }) => decisionId === middle.decisionId) as ScaleHeld]

  it('has no hashes to check, and no findings', () => expect(found(old)).toEqual([]))

  it('shows a hold that is repeated under another id by its count', () => {
    const again = { ...oldMiddle, decisionId: 'chat-00000000000000aa' }
    expect(found(inserted(old, oldMiddle, again))).toEqual([`HOLDS_BROKEN ${again.decisionId}`])
  })

  it('shows a hold that was removed before another, by the hash over all of them', () => {
    expect(found(gone(oldMiddle, old))).toEqual([`HOLDS_BROKEN ${follower(middle)}`])
  })
})
