/** What a sub-cluster's change log can show of a broken promise: one thing is broken, and its invariant cries, and no other. */
import { describe, expect, test } from 'vitest'
import { again, all, criesOf, drop, report, written, type Break } from './breaking.ts'
import type { NemesisLine } from './evidence.ts'
import { at, counts, service } from './story.ts'

const nothing = counts(0, 0)

const broken: readonly (readonly [string, readonly string[], Break])[] = [
  ['a step takes effect twice', ['S1'], (told) => {
    const { story, grown } = told
    story.lines.push({ ...written(told, grown.key('register')), time: at(105), countsBefore: counts(1, 2), targetBefore: counts(1, 2), servingBefore: counts(1, 2), servingAfter: counts(1, 2) })
  }],
  ['an effect of no intent', ['S2'], (told) => {
    told.story.lines.push({ ...written(told, told.shrunk.key('register')), time: at(1_000), group: 'g9', key: `rollout/${service}/i-nobody/g9/register`, intentId: 'i-nobody', countsBefore: nothing, countsAfter: nothing, targetBefore: nothing, servingBefore: nothing, servingAfter: nothing })
  }],
  ['an effect that no placement names', ['S2'], (told) => {
    written(told, told.grown.key('grow')).countsAfter = counts(2, 3)
    written(told, told.grown.key('register')).countsBefore = counts(2, 3)
    written(told, told.grown.key('register')).countsAfter = counts(1, 2)
  }],
  ['the placement was void', ['S2', 'S24'], (told) => {
    const placed = all(told, 'PlacementDecided')
    const [first, second] = [placed[0], placed[1]]
    if (first && second) second.record.basedOn = first.offset + 100
    const third = placed[2]
    if (first && third) third.record.basedOn = first.offset
    drop(told, ({ type, record }) => type === 'ReservationReleased' && record.requestId === told.grown.intentId)
  }],
  ['an instance is ended by nobody', ['S2'], ({ story }) => {
    story.lines.push({ time: at(1_000), group: 'g1', service, band: { lo: 0.375, hi: 0.625 }, servingBefore: nothing, servingAfter: nothing, kind: 'phase', instance: 'g1-decode-3', role: 'decode', node: 'n0', phase: 'terminating', cause: 'ttl' })
  }],
  ['an intent that no decision ordered', ['S2'], (told) => again(told, told.shrunk.intent, { intentId: 'i-invented', decisionId: 'invented', sequence: 9, emittedAt: at(1_190), expiresAt: at(1_199) })],
  ['it committed, and its target was never written', ['S27', 'S4'], (told) => {
    told.story.lines = told.story.lines.filter((line) => line.key !== told.shrunk.key('shrink'))
    told.story.lines = told.story.lines.filter((line) => line.cause !== told.shrunk.key('shrink') && !(line.time === at(625) && line.phase === 'gone'))
    told.story.run = { ...told.story.run, convergeMs: 1_000_000 }
  }],
  ['it was rolled back, and one instance stays', ['S4'], (told) => {
    written(told, told.undone.key('undo/grow')).countsAfter = counts(0, 1)
    told.story.lines = told.story.lines.filter((line) => !(line.instance === 'g3-decode-1' && line.time > at(300)))
    told.story.run = { ...told.story.run, convergeMs: 1_000_000 }
  }],
  ['the specification leaves the band', ['S2', 'S5', 'S8'], (told) => {
    written(told, told.grown.key('grow')).countsAfter = counts(3, 0)
    written(told, told.grown.key('register')).countsBefore = counts(3, 0)
  }],
  ['both prefills and none of four decodes are registered', ['S5'], ({ story }) => {
    for (const line of story.lines) if (line.kind === 'gate' && line.group === 'g1') line.time = at(line.role === 'prefill' ? -21 : -20)
    for (const line of story.lines) if (line.kind === 'gate' && line.instance === 'g1-prefill-1') Object.assign(line, { time: at(-22) })
    story.lines.push({ ...story.lines.find((line) => line.kind === 'gate' && line.group === 'g1'), time: at(-23), instance: 'g1-prefill-9', role: 'prefill' })
  }],
  ['an order leaves the band', ['S5'], ({ grown }) => void (grown.decision.record.to = grown.intent.record.target = counts(4, 4))],
  ['a lost decode is never replaced', ['S5'], ({ story }) => {
    for (const name of ['decode-0', 'decode-1', 'decode-2', 'decode-3'])
      story.lines.push({ time: at(300), group: 'g1', service, band: { lo: 0.375, hi: 0.625 }, servingBefore: nothing, servingAfter: nothing, kind: 'phase', instance: `g1-${name}`, role: 'decode', node: 'n0', phase: 'failed', cause: 'node n0 lost' })
  }],
  ['an older plan writes after a newer one', ['S11', 'S2'], (told) => {
    const line = written(told, told.shrunk.key('register'))
    line.sequence = told.grown.intent.record.sequence - 1
  }],
  ['two rollouts write one group by turns', ['S1', 'S10', 'S11', 'S12'], (told) => {
    told.story.lines.push({ ...written(told, told.grown.key('register')), time: at(608), countsBefore: counts(1, 2), targetBefore: counts(1, 2), targetAfter: counts(1, 2), servingBefore: counts(1, 2), servingAfter: counts(1, 2) })
  }],
  ['a plan of another state of the group', ['S11'], (told) => {
    const placed = all(told, 'PlacementDecided')[2]
    if (placed) placed.record.answers[0].groups[0].uid = 'g2.0'
  }],
  ['a rollback deletes a group that its rollout did not make', ['S11', 'S4'], (told) => {
    written(told, told.undone.key('grow')).countsBefore = counts(1, 0)
    const placed = all(told, 'PlacementDecided')[1]
    if (placed) placed.record.answers[0].groups[0].from = counts(1, 0)
  }],
  ['an effect while the orchestrator is down', ['S12'], ({ story }) => void story.nemesis.push({ fault: 'down', target: 'orchestrator', fromMs: at(590), toMs: at(630), hits: 1 })],
  ['a decision while Kafka is down', ['S12'], ({ story }) => void story.nemesis.push({ fault: 'down', target: 'kafka', fromMs: at(590), toMs: at(602), hits: 1 })],
  ['a gate closes below the registration target', ['S12', 'S5'], (told) => {
    told.story.lines.push({ ...told.story.lines.find((line) => line.kind === 'gate'), time: at(400), group: 'g2', instance: 'g2-decode-0', role: 'decode', registered: false })
    told.story.lines.push({ ...told.story.lines.find((line) => line.kind === 'gate'), time: at(401), group: 'g2', instance: 'g2-decode-1', role: 'decode', registered: false })
    for (const line of told.story.lines) if (line.kind !== 'fault' && line.group === 'g2') line.band = { lo: 0.5, hi: 0.5 }
    const extra = { ...told.story.lines.find((line) => line.kind === 'gate'), time: at(104.5), group: 'g2', instance: 'g2-prefill-7', role: 'prefill', registered: true }
    told.story.lines.push(extra)
  }],
  ['an intent is begun long after it expired', ['S13'], ({ shrunk }) => void (shrunk.intent.record.expiresAt = at(590))],
  ['nothing takes back what was begun', ['S14', 'S27', 'S4'], (told) => {
    told.story.lines = told.story.lines.filter((line) => line.key !== told.undone.key('undo/grow') && line.cause !== told.undone.key('undo/grow') && !(line.group === 'g3' && line.phase === 'gone'))
    told.story.run = { ...told.story.run, convergeMs: 1_000_000 }
  }],
  ['a late copy takes effect after the key was barred', ['S1', 'S14', 'S4'], (told) => {
    told.story.lines.push({ ...written(told, told.undone.key('grow')), time: at(400) })
    told.story.run = { ...told.story.run, convergeMs: 1_000_000 }
  }],
  ['a rollback ends an instance that stood before', ['S14'], ({ story, undone }) => {
    const end = story.lines.find((line) => line.cause === undone.key('undo/grow') && line.instance === 'g3-decode-0')
    const pending = story.lines.find((line) => line.instance === 'g3-decode-0' && line.phase === 'pending')
    story.lines.push({ ...pending, instance: 'g3-decode-old', cause: 'adopted', time: at(100) }, { ...pending, instance: 'g3-decode-old', phase: 'ready', cause: 'adopted', time: at(100) })
    end.instance = 'g3-decode-old'
    story.lines = story.lines.filter((line) => !(line.instance === 'g3-decode-0' && line.phase === 'gone'))
    for (const line of story.lines) if (line.group === 'g3' && line.kind === 'written') line.countsBefore = line.countsBefore.decode === 0 ? nothing : counts(1, 2)
  }],
  ['an effect under the kill switch', ['S15'], (told) => {
    for (const order of all(told, 'ControlSet')) order.timestampMs = order.record.time = order.record.value === 'on' ? at(590) : at(625)
  }],
  ['done is said of a write that nobody sees', ['S2', 'S27'], (told) => {
    written(told, told.grown.key('register')).key = told.grown.key('grow2')
  }],
  ['ready is said of instances that are not', ['S27'], ({ story }) => {
    for (const line of story.lines) if (line.group === 'g2' && line.kind === 'phase' && line.phase === 'ready') line.time = at(103.9)
    for (const line of story.lines) if (line.group === 'g2' && line.kind === 'phase' && line.phase === 'ready') line.time = at(99.5)
  }],
]

describe('one thing is broken', () => {
  test.each(broken)('%s: %j', (_story, expected, breakIt) => expect(criesOf(breakIt)).toEqual(expected))
})

const allowed: readonly (readonly [string, Break])[] = [
  ['nothing is broken', () => undefined],
  ['records stand twice with equal bytes', (told) => {
    for (const type of ['ScaleDecided', 'ScaleHeld', 'ScaleIntentEmitted', 'RolloutReported', 'IntentCompleted', 'RolloutCommitted'] as const) for (const one of all(told, type)) again(told, one)
  }],
  ['a second call of a step is refused, and one of a barred key', ({ story, grown, undone }) => {
    story.lines.push({ kind: 'refused', time: at(70), group: 'g2', service, key: grown.key('grow'), code: 'COUNTS_CHANGED', detail: '' }, { kind: 'refused', time: at(400), group: 'g3', service, key: undone.key('grow'), code: 'KEY_BARRED', detail: '' })
  }],
  ['undo and registration go on under the kill switch', (told) => {
    for (const order of all(told, 'ControlSet')) order.timestampMs = order.record.time = order.record.value === 'on' ? at(300) : at(500)
  }],
  ['undo goes on while Kafka is down', ({ story }) => void story.nemesis.push({ fault: 'down', target: 'kafka', fromMs: at(300), toMs: at(500), hits: 1 })],
  ['the first effect comes a call later than the expiry', ({ shrunk }) => void (shrunk.intent.record.expiresAt = at(603))],
  ['a delayed write lands after the expiry', ({ story, shrunk }) => {
    shrunk.intent.record.expiresAt = at(590)
    story.nemesis.push({ fault: 'delayed-write', target: 'sub-a', fromMs: at(590), toMs: at(610), delayMs: 20_000, hits: 1 })
  }],
  ['a node is lost, and the registrar leads back', ({ story }) => {
    const line = (seconds: number, more: object) => story.lines.push({ time: at(seconds), group: 'g1', service, band: { lo: 0.375, hi: 0.625 }, servingBefore: nothing, servingAfter: nothing, role: 'decode', ...more })
    const lost = ['g1-decode-0', 'g1-decode-1', 'g1-decode-2']
    for (const instance of lost) line(700, { kind: 'phase', instance, node: 'n0', phase: 'failed', cause: 'node n0 lost' })
    for (const instance of lost) line(710, { kind: 'phase', instance, node: 'n0', phase: 'gone', cause: 'failed' })
    for (const instance of ['a', 'b', 'c']) {
      line(711, { kind: 'phase', instance, node: null, phase: 'pending', cause: 'node n0 lost' })
      line(740, { kind: 'phase', instance, node: 'n2', phase: 'ready', cause: 'started' })
      line(741, { kind: 'gate', instance, registered: true })
    }
  }],
  ['an order by hand goes with latency above its SLO', (told) => {
    told.shrunk.decision.record.asks = [{ policy: 'manual', direction: 'in', target: counts(2, 4), reason: 'by hand' }]
    for (const { record } of all(told, 'LatencyObserved')) if (record.ttftMsP95 !== null) record.ttftMsP95 = 5_000
  }],
  ['a report of an intent that was given up', (told) => {
    drop(told, ({ type, record }) => type === 'IntentCompleted' && record.intentId === told.undone.intentId)
    const fact = all(told, 'RolloutRolledBack')[0]
    if (fact) told.story.records.push({ ...fact, type: 'IntentExpired', offset: 500, record: { service, intentId: told.undone.intentId, sequence: 2, detail: 'no report', time: at(205) } })
  }],
]

/** The shrink's writes land 11 s and 17 s after an orchestrator went down, whose last calls were made by 5 s. */
const lateWrites = (held: Partial<NemesisLine>): readonly string[] =>
  criesOf(({ story }) => void story.nemesis.push(
    { fault: 'down', target: 'orchestrator', fromMs: at(595), toMs: at(630), hits: 1 },
    { fault: 'delayed-write', target: 'sub-a', fromMs: at(580), toMs: at(620), delayMs: 20_000, hits: 1, ...held },
  ))

describe('writes land after their caller went down', () => {
  test('allowed: their sub-cluster held writes back when they were called', () => expect(lateWrites({})).toEqual([]))

  test.each<[string, Partial<NemesisLine>]>([
    ['another sub-cluster held writes back', { target: 'sub-b' }],
    ['none was held back for so long', { delayMs: 11_000 }],
    ['it was over too long before', { toMs: at(591) }],
    ['it began when nobody could call any more', { fromMs: at(601) }],
  ])('S12: %s', (_story, held) => expect(lateWrites(held)).toEqual(['S12']))
})

describe('a write under way when its order expired, or when a stop was ordered', () => {
  const expired = (held: Partial<NemesisLine>): readonly string[] =>
    criesOf(({ story, shrunk }) => {
      shrunk.intent.record.expiresAt = at(590)
      story.nemesis.push({ fault: 'delayed-write', target: 'sub-a', fromMs: at(580), toMs: at(610), delayMs: 20_000, hits: 1, ...held })
    })
  const stopped = (held: Partial<NemesisLine>): readonly string[] =>
    criesOf((told) => {
      for (const order of all(told, 'ControlSet')) order.timestampMs = order.record.time = order.record.value === 'on' ? at(590) : at(625)
      told.story.nemesis.push({ fault: 'delayed-write', target: 'sub-a', fromMs: at(580), toMs: at(610), delayMs: 20_000, hits: 1, ...held })
    })

  test('allowed: its sub-cluster held writes back when it was called', () => expect([...expired({}), ...stopped({})]).toEqual([]))

  test.each<[string, Partial<NemesisLine>]>([
    ['another sub-cluster held writes back', { target: 'sub-b' }],
    ['none was held back for so long', { delayMs: 9_000 }],
    ['it began when nobody could call any more', { fromMs: at(597) }],
  ])('not allowed: %s', (_story, held) => expect([expired(held), stopped(held)]).toEqual([['S13'], ['S15']]))
})

/** The shrink's second write lands 9 s after Temporal went down, whose last calls were made by 5 s. */
const afterPause = (pause: Partial<NemesisLine>, target = 'temporal'): readonly string[] =>
  criesOf(({ story }) => void story.nemesis.push(
    { fault: 'down', target, fromMs: at(603), toMs: at(630), hits: 1 },
    { fault: 'pause-orchestrator', target: 'orchestrator-1', fromMs: at(600), toMs: at(610), hits: 1, ...pause },
  ))

describe('Kafka is away in a world that goes four times as fast as its broker', () => {
  const whileDown = (fromMs: number, toMs: number): readonly string[] =>
    criesOf((told) => {
      const { story } = told
      const { run } = story
      for (const { record } of all(told, 'ClockTicked')) record.simulated = true
      story.run = { ...run, speed: 4, wallFromMs: run.fromMs }
      story.records = story.records.map((record) => ({ ...record, timestampMs: run.fromMs + (record.timestampMs - run.fromMs) / 4 }))
      story.nemesis.push({ fault: 'down', target: 'kafka', fromMs, toMs, hits: 1 })
    })

  test('S12: a decision on a tick of that time', () => expect(whileDown(at(560), at(602))).toEqual(['S12']))
  test('allowed: the wall showed that time when the tick of 600 s was appended', () => expect(whileDown(at(125), at(155))).toEqual([]))
})

describe('an orchestrator goes on that was paused with a task in hand', () => {
  test('allowed: Temporal, which had given the task, is away by now', () => expect(afterPause({})).toEqual([]))

  test.each<[string, Partial<NemesisLine>, string?]>([
    ['it was paused when Temporal had nothing to give any more', { fromMs: at(604) }],
    ['it had gone on before', { toMs: at(606) }],
    ['it is paused still', { toMs: at(613) }],
    ['a decider was paused', { fault: 'pause-decider' }],
    ['the orchestrators are away', {}, 'orchestrator'],
  ])('S12: %s', (_story, pause, target) => expect(afterPause(pause, target)).toEqual(['S12']))
})

describe('what is allowed', () => {
  test.each(allowed)('%s', (_story, change) => expect(criesOf(change)).toEqual([]))

  test('a read between an unanswered write and the next one', () => {
    const call = { time: at(1), group: 'g2', key: 'k', outcome: 'answered' as const }
    const calls = [{ ...call, method: 'applyGroup' as const, outcome: 'timeout' as const }, { ...call, method: 'readGroup' as const, key: null }, { ...call, method: 'applyGroup' as const }]
    expect(criesOf(({ story }) => void (story.extra.calls = { 'sub-a': calls }))).toEqual([])
    expect(criesOf(({ story }) => void (story.extra.calls = { 'sub-a': [calls[0], calls[2]] as typeof calls }))).toEqual(['S27'])
  })

  test('the report that the story stands on exists', () => {
    expect(() => criesOf((told) => void report(told, `${told.grown.rollout}/grow/step-done`))).not.toThrow()
  })
})
