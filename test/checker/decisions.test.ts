/** What the log can show of a wrong decision: one thing is broken, and its invariant cries. */
import { describe, expect, test } from 'vitest'
import { again, all, criesOf, drop, type Break } from './breaking.ts'
import { at, counts, logId, manifest, service, type Telling } from './story.ts'
import { canonicalJson, sha256 } from './canonical.ts'

/** The tick of the scale-in stands at 600 s; everything before it that the decision could know. */
const before = (told: Telling, type: Parameters<typeof all>[1], seconds: number) => all(told, type).filter(({ timestampMs }) => timestampMs >= at(600 - seconds) && timestampMs < at(600))

const idOf = (tickOffset: number): string => `${service}-${sha256(`${logId}/0/${tickOffset}/${service}`).slice(0, 16)}`

const evidence: readonly (readonly [string, Break])[] = [
  ['no throughput was measured: missing is not zero', (told) => before(told, 'TpsObserved', 60).forEach(({ record }) => (record.tps = null))],
  ['throughput is half a minute old', (told) => drop(told, ({ type, timestampMs }) => type === 'TpsObserved' && timestampMs > at(560))],
  ['a value that is no number', (told) => before(told, 'TpsObserved', 60).forEach(({ record }) => (record.tps = Number.NaN))],
  ['TTFT is not known', (told) => before(told, 'LatencyObserved', 60).forEach(({ record }) => (record.ttftMsP95 = null))],
  ['TTFT breaks its SLO', (told) => before(told, 'LatencyObserved', 60).forEach(({ record }) => (record.ttftMsP95 = record.ttftMsP95 === null ? null : 1_500))],
  ['half of the decodes were not heard', (told) => before(told, 'TpsObserved', 60).forEach(({ record }) => (record.instancesHeard = 3))],
  ['windows that ended only after the tick minus the lateness', (told) => before(told, 'TpsObserved', 60).forEach(({ record }) => (record.windowEndMs = at(599)))],
  ['zero demand, and the collector is silent', (told) => {
    before(told, 'TpsObserved', 60).forEach(({ record }) => (record.tps = 0))
    drop(told, ({ type, timestampMs }) => type === 'CollectorHeartbeat' && timestampMs > at(560))
  }],
  ['zero demand of a collector that reads no engine', (told) => {
    before(told, 'TpsObserved', 60).forEach(({ record }) => (record.tps = 0))
    before(told, 'CollectorHeartbeat', 60).forEach(({ record }) => (record.targetsScraped = 0))
  }],
  ['the last list of instances is incomplete', (told) => before(told, 'InstancesObserved', 5).forEach(({ record }) => (record.complete = false))],
  ['no list of instances for half a minute', (told) => drop(told, ({ type, timestampMs }) => type === 'InstancesObserved' && timestampMs > at(560) && timestampMs < at(600))],
  ['it starts from less than half of what stands', ({ shrunk }) => {
    shrunk.decision.record.from = shrunk.intent.record.from = counts(1, 3)
    shrunk.decision.record.to = shrunk.intent.record.target = counts(1, 2)
  }],
  ['it says itself that a queue rises', ({ shrunk }) => void (shrunk.decision.record.evidence = [{ signal: 'prefillQueueDepth', state: 'fresh', value: 9, ageMs: 5, coverage: 1, rising: true }])],
]

describe('a scale-in without evidence', () => {
  test.each(evidence)('%s', (_story, breakIt) => expect(criesOf(breakIt)).toContain('S6'))

  test('zero demand beside a live collector is evidence', () =>
    expect(criesOf((told) => before(told, 'TpsObserved', 60).forEach(({ record }) => (record.tps = 0)))).toEqual([]))

  test('what arrives out of order, and twice, is evidence too: the first of a window counts', () => {
    expect(criesOf((told) => {
      const samples = before(told, 'TpsObserved', 20)
      for (const sample of samples) again(told, sample, { tps: 9_000 })
      const [first, , , last] = samples
      if (first && last) [first.record, last.record] = [last.record, first.record]
    })).toEqual([])
  })
})

const broken: readonly (readonly [string, readonly string[], Break])[] = [
  ['more is taken than the rate allows', ['L1', 'S7'], ({ shrunk }) => void (shrunk.decision.record.to = shrunk.intent.record.target = counts(1, 3))],
  ['a load of half a minute ago that needed everything is forgotten', ['S7'], (told) =>
    before(told, 'TpsObserved', 65).filter(({ timestampMs }) => timestampMs < at(580)).forEach(({ record }) => (record.tps = 5_900))],
  ['half of a window after a silence is taken for a whole one', ['S7'], (told) =>
    drop(told, ({ type, timestampMs }) => type === 'TpsObserved' && timestampMs > at(500) && timestampMs < at(570))],
  ['more is added than the rate allows', ['S7'], ({ undone }) => {
    undone.decision.record.from = undone.intent.record.from = counts(1, 2)
    undone.decision.record.to = undone.intent.record.target = counts(4, 8)
  }],
  ['a placement takes more than the intent orders', ['S2', 'S24', 'S27', 'S4', 'S7'], (told) => {
    const placed = all(told, 'PlacementDecided')[1]
    if (placed) placed.record.answers[0].groups.push({ ...placed.record.answers[0].groups[0], group: 'g1', isNew: false, from: counts(2, 4), to: counts(0, 1), reserved: [] })
    const first = all(told, 'PlacementDecided')[0]
    if (first) first.record.answers[0].groups[0].to = counts(1, 3)
  }],
  ['an order above the maximum', ['S8'], ({ undone }) => void (undone.decision.record.to = undone.intent.record.target = counts(5, 8))],
  ['an order by another policy than the one in force', ['S8'], ({ grown }) => void (grown.decision.record.policyHash = 'another')],
  ['an order by a manifest that was refused', ['S8'], (told) => {
    const worse = canonicalJson({ ...manifest, spec: { ...manifest.spec, priority: 9 } })
    told.story.records.push({ topic: 'signals', type: 'ServiceConfigured', offset: 2.5, timestampMs: at(1), key: service, record: { service, generation: 2, manifest: worse, author: 'bob', time: at(1) } })
    again(told, all(told, 'ServiceAccepted')[0] as never, { generation: 2, accepted: false })
    told.grown.decision.record.policyHash = sha256(canonicalJson((JSON.parse(worse) as { spec: object }).spec))
  }],
  ['an order for a service that was removed', ['S17', 'S8'], ({ story }) => {
    story.records.push({ topic: 'signals', type: 'ServiceRemoved', offset: firstTickAfter(story, 595) - 0.5, timestampMs: at(595), key: service, record: { service, author: 'ada', time: at(595) } })
  }],
  ['a sequence is given twice', ['S2', 'S9'], ({ undone, story, grown }) => {
    undone.decision.record.sequence = undone.intent.record.sequence = 1
    for (const line of story.lines) if (line.intentId === undone.intentId) line.sequence = 1
    story.lines.at(0).sequence = grown.intent.record.sequence
    undone.intent.record.target = counts(4, 7)
  }],
  ['an intent without effect and without end, and a later one with effects', ['L1', 'S20', 'S27', 'S9'], (told) => {
    const { undone, story } = told
    story.lines = story.lines.filter((line) => line.group !== 'g3')
    drop(told, ({ type, record }) => type === 'IntentCompleted' && record.intentId === undone.intentId)
  }],
  ['a decision under the kill switch', ['S15', 'S20'], (told) => {
    const ordered = all(told, 'ControlSet')[0]?.record
    told.story.records.push({ topic: 'signals', type: 'ControlChanged', offset: firstTickAfter(told.story, 600) - 0.5, timestampMs: at(600), key: service, record: { service, controlsEnd: 1, directives: [ordered], time: at(600) } })
  }],
  ['a decision before anybody said what operators ordered', ['S15'], (told) => drop(told, ({ type, offset }) => type === 'ControlChanged' && offset < 5)],
  ['an input was skipped', ['S20'], ({ grown }) => void (grown.decision.record.inputs.lastInputOffset -= 2)],
  ['a report came to nothing', ['S20'], (told) => drop(told, ({ type, record }) => type === 'RolloutStepDone' && record.step === 'ready/prefill')],
  ['a manifest was never answered', ['S20'], (told) => drop(told, ({ type }) => type === 'ServiceAccepted')],
  ['a decision was appended after its owner had said that it was', ['S20'], ({ grown }) => void (grown.decision.timestampMs = at(90))],
  ['an offset was committed before its outputs were there', ['S20'], ({ story, grown }) => void (story.extra.commits = [{ timeMs: at(59), partition: 0, offset: grown.decision.record.inputs.tickOffset + 1 }])],
  ['two verdicts of one tick', ['S21'], (told) => again(told, all(told, 'ScaleHeld')[0] as never, { decisionId: 'chat-ffff', holds: 91 })],
  ['an id is used for another tick', ['S21'], ({ story }) => {
    const hold = story.records.find(({ type, record }) => type === 'ScaleHeld' && record.holds === 90)
    if (hold) hold.record.decisionId = idOf(hold.record.inputs.tickOffset + 5)
  }],
  ['a decision without an intent', ['S21'], (told) => {
    const { undone, story } = told
    const { intentId } = undone
    drop(told, ({ record }) => record.intentId === intentId || record.requestId === intentId)
    story.lines = story.lines.filter((line) => line.group !== 'g3')
    drop(told, ({ type, record }) => type === 'PlacementDecided' && record.answers[0].requestId === intentId)
    const last = all(told, 'PlacementDecided')[1]
    if (last) last.record.basedOn = all(told, 'PlacementDecided')[0]?.offset
    for (const { record } of all(told, 'ScaleHeld')) if (record.holds === 90) record.inputs.lastInputOffset = record.inputs.tickOffset - 1
  }],
  ['something is taken while an order is under way', ['S10'], (told) => {
    told.undone.intent.record.readyDeadlineMs = 300_000
    const ended = all(told, 'RolloutReported').find(({ record }) => record.intentId === told.undone.intentId && record.group === null)
    if (ended) Object.assign(ended, { offset: firstTickAfter(told.story, 600) + 0.5, timestampMs: at(600) })
  }],
  ['a verdict on a tick that nobody heeds', ['S22'], (told) => {
    const tick = told.story.records.find(({ type, offset }) => type === 'ClockTicked' && offset === told.grown.decision.record.inputs.tickOffset)
    if (tick) tick.timestampMs += 9_000
  }],
  ['a verdict of another moment than its tick', ['S22'], ({ grown }) => void (grown.decision.record.time = at(61))],
  ['a verdict of another core than the owner\'s', ['S17', 'S22'], ({ grown }) => void (grown.decision.record.coreHash = 'core-2')],
  ['something is taken while the owner is new', ['S22'], ({ story }) => {
    for (const told of story.records) if (told.type === 'ClockTicked' && told.timestampMs >= at(570)) Object.assign(told.record, { epoch: 2, ownerId: 'bob' })
  }],
  ['ticks were queued through an outage', ['S22'], ({ story }) => {
    for (const told of story.records) if (told.type === 'ClockTicked' && told.timestampMs === at(405)) told.record.time = at(401)
  }],
  ['a tick is made while the one before is on its way', ['S22'], ({ story }) => {
    for (const told of story.records) if (told.type === 'ClockTicked' && told.timestampMs === at(405)) told.timestampMs = at(412)
  }],
  ['two placements promise the same GPUs', ['S24'], (told) => {
    const [, second] = all(told, 'PlacementDecided')
    if (second) second.record.answers[0].groups[0].reserved = [{ node: 'n1', role: 'decode', gpus: 8 }]
  }],
  ['a node holds more than it has', ['S24'], ({ story }) => {
    for (const line of story.lines) if (line.kind === 'phase' && line.group !== 'g1' && line.node !== null) line.node = 'n0'
  }],
  ['a request is placed twice, and differently', ['S24'], (told) => {
    const third = all(told, 'PlacementDecided')[2]
    const first = all(told, 'PlacementDecided')[0]
    if (third && first) third.record.answers.push({ ...first.record.answers[0], groups: [] })
  }],
  ['what was promised is never given back', ['S24'], (told) => drop(told, ({ type, record }) => type === 'ReservationReleased' && record.requestId === told.undone.intentId)],
]

/** Offset of the tick at or after a second. */
const firstTickAfter = (story: Telling['story'], seconds: number): number => story.records.find(({ type, timestampMs }) => type === 'ClockTicked' && timestampMs >= at(seconds))?.offset ?? 0

describe('one thing is broken', () => {
  test.each(broken)('%s: %j', (_story, expected, breakIt) => expect(criesOf(breakIt)).toEqual(expected))
})

test('a tick at another beat is of an owner that has the partition anew, and waits for none from before', () => {
  const late: Break = ({ story }) => {
    for (const told of story.records) if (told.type === 'ClockTicked' && told.timestampMs === at(405)) told.timestampMs = at(412)
  }
  expect(criesOf((told) => {
    late(told)
    for (const { type, timestampMs, record } of told.story.records) if (type === 'ClockTicked' && timestampMs === at(410)) record.time = at(410.4)
  })).toEqual([])
  expect(criesOf(late)).toEqual(['S22'])
})
