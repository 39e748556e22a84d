/** The demo claims only what its ledger counted: what is entered, what is judged, what must not pass. */
import { describe, expect, test } from 'vitest'
import { countEnds, emptyLedger, enter, type Ledger } from '../../../cli/demo/ledger.ts'
import { notRestored } from '../../../cli/demo/restored.ts'
import { stageOf } from '../../../cli/demo/stage.ts'
import { lineOf, worldClockFace } from '../../../cli/demo/timeline.ts'
import { judge, type Evidence } from '../../../cli/demo/verdict.ts'
import type { LogEvent } from '../../../core/events/event.ts'
import type { ReplayReport } from '../../../cli/replay-log.ts'

const entered = (...events: readonly object[]): Ledger => {
  const ledger = emptyLedger()
  events.forEach((event, offset) =>
    enter(ledger, { topic: 'signals', partition: 0, offset, key: 'chat', appendedAtMs: 0, event: event as LogEvent }, 1000 + offset),
  )
  return ledger
}

const decided = (id: string, kind: string, time = 0) => ({
  type: 'ScaleDecided', decisionId: id, time, kind, reason: 'load', from: { prefill: 1, decode: 2 }, to: { prefill: 2, decode: 4 },
})
const committed = (id: string, group = 'g') => ({ type: 'RolloutCommitted', intentId: `i-${id}`, group, time: 1, counts: null })
const undone = (id: string) => ({ type: 'RolloutRolledBack', intentId: `i-${id}`, group: 'g', time: 1, counts: null, detail: '' })
const placed = (id: string) => ({ type: 'PlacementDecided', answers: [{ requestId: `i-${id}`, groups: [{ group: 'g' }] }] })
const released = (id: string) => ({ type: 'ReservationReleased', requestId: `i-${id}`, group: 'g' })

describe('the ledger', () => {
  test('counts a rollout under the kind of its decision, and a repeated record once', () => {
    const ledger = entered(decided('a', 'scale-out'), committed('a'), committed('a'), decided('b', 'scale-in'), committed('b'))
    expect(countEnds(ledger, 'committed', 'scale-out')).toBe(1)
    expect(countEnds(ledger, 'committed', 'scale-in')).toBe(1)
    expect(ledger.firstCommitAt).toBe(1001)
  })

  test('a reservation is open from its placement to its release', () => {
    expect(entered(placed('a')).openReservations.size).toBe(1)
    expect(entered(placed('a'), released('a')).openReservations.size).toBe(0)
  })
})

const replay = { equal: true, decisions: { count: 1, equal: 1 }, holds: { count: 1, equal: 1 }, ticks: 2400 } as ReplayReport
const evidence = (ledger: Ledger, more: Partial<Evidence> = {}): Evidence => ({
  stage: stageOf({}), ledger, replay, band: { checked: 9, excused: 0, violations: [] }, startedAt: 0, notRestored: [], ...more,
})
const failing = (input: Evidence): readonly string[] => judge(input).filter(({ holds }) => !holds).map(({ what }) => what)

const more = (from: number) => Array.from({ length: 10 - from }, (_, index) => decided(`more-${index}`, 'scale-out'))
const goodDay = entered(decided('a', 'scale-out'), committed('a'), decided('b', 'scale-in'), committed('b'), decided('c', 'scale-out'), undone('c'), ...more(3))

describe('the verdict', () => {
  test('a day with scale-out, scale-in and an undone rollout is as expected', () => expect(failing(evidence(goodDay))).toEqual([]))
  test('a day without a scale-in is not', () =>
    expect(failing(evidence(entered(decided('a', 'scale-out'), committed('a'), undone('a'), ...more(1))))).toEqual(['a scale-in was committed']))
  test.each([
    ['replay equals the record', { replay: { ...replay, equal: false } }],
    ['at least 200 ticks were replayed', { replay: { ...replay, ticks: 199 } }],
    ['P/D never left its band', { band: { checked: 9, excused: 0, violations: [{}] } }],
    ['P/D never left its band', { band: { checked: 0, excused: 0, violations: [] } }],
    ['undone groups are what they were', { notRestored: ['g'] }],
  ])('%s, or it is said', (what, more) => expect(failing(evidence(goodDay, more))).toEqual([what]))
  const quiet = entered(decided('a', 'scale-out'), committed('a'), decided('b', 'scale-in'), committed('b'), undone('a'), ...more(3))
  test('a whole day with nine decisions is a quiet one, half a day is not', () => {
    expect(failing(evidence(quiet))).toEqual(['at least 10 decisions were made'])
    expect(failing(evidence(quiet, { stage: stageOf({ minutes: 39 }) }))).toEqual([])
    expect(failing(evidence(quiet, { stage: stageOf({ fault: 'node-loss', minutes: 40 }) }))).toEqual([])
  })
  test('an open reservation is said', () => expect(failing(evidence(entered(placed('x'))))).toContain('no reservation is left'))

  const gauge = (time: number, decodeTps: number, ttftMsP95: number, prefill: number) => ({
    time, decodeTps, ttftMsP95, tbtMsP95: 20, registered: { prefill, decode: 4 },
  })
  const stalled = (shrinkAt: number | null): Ledger => {
    const ledger = entered(...(shrinkAt === null ? [] : [decided('s', 'scale-in', shrinkAt)]))
    ledger.gauges.push(gauge(9 * 60_000, 5000, 200, 2), gauge(13 * 60_000, 3000, 9000, 2), gauge(15 * 60_000, 4000, 2000, 4))
    return ledger
  }
  const stall = stageOf({ fault: 'prefill-stall' })
  test('a stall in which decode falls, TTFT rises, prefill grows and nothing shrinks is as expected', () =>
    expect(failing(evidence(stalled(null), { stage: stall }))).toEqual([]))
  test('a scale-in during the stall is said', () =>
    expect(failing(evidence(stalled(14 * 60_000), { stage: stall }))).toEqual(['nothing shrank']))
  test('no observation at all proves nothing', () =>
    expect(failing(evidence(emptyLedger(), { stage: stall }))).toEqual(['decode TPS fell', 'TTFT rose', 'prefill grew']))
})

describe('restored counts', () => {
  const write = (key: string, undoes: string | null, before: number, after: number) =>
    JSON.stringify({ kind: 'written', group: 'g', key, undoes, countsBefore: { prefill: before, decode: 2 }, countsAfter: { prefill: after, decode: 2 } })
  test('an undo that comes back to where the write began', () => expect(notRestored([write('a', null, 1, 3), write('u', 'a', 3, 1)].join('\n'))).toEqual([]))
  test('an undo that leaves one instance behind is named', () =>
    expect(notRestored([write('a', null, 1, 3), write('u', 'a', 3, 2)].join('\n'))).toEqual(['g: 1P+2D before, 2P+2D after the undo']))
})

describe('the timeline', () => {
  test('speaks in world minutes since the traffic began', () => expect(worldClockFace(65_000 + 7, 0)).toBe('01:05'))
  test('shows what was decided and what was undone, not each wait that went well', () => {
    expect(lineOf(decided('a', 'scale-out') as never)?.text).toContain('▲ scale-out 1P+2D → 2P+4D  load')
    expect(lineOf({ type: 'RolloutStepDone', outcome: 'step-done', time: 0 } as never)).toBeNull()
    expect(lineOf({ type: 'RolloutStepDone', outcome: 'step-undone', time: 0, group: 'g', step: 'grow', detail: '' } as never)?.text).toContain('↶ undone')
  })
  test('a fault that does not exist is a usage error that names those that do', () =>
    expect(() => stageOf({ fault: 'gremlins' })).toThrow('decode-never-ready'))
})
