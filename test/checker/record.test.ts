/** The record itself, the end of a run, and the checker's own frame: folders, the command, and when a run counts at all. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { scratchDir } from '../support/scratch-dir.ts'
import { again, all, criesOf, drop, type Break, type Tamper } from './breaking.ts'
import { canonicalJson, sha256 } from './canonical.ts'
import { check } from './check.ts'
import type { Evidence } from './evidence.ts'
import { readEvidence, writeEvidence } from './evidence-folder.ts'
import { at, evidenceOf, service, tellStory } from './story.ts'
import { isVacuous } from './vacuity.ts'
import { decode, encode, typeOf } from './wire.ts'

const untouched: Break = () => undefined

/** The same evidence with other bytes in one record. */
const tampered = (topic: 'decisions' | 'signals', index: number, change: (value: Buffer) => Buffer): Tamper => (evidence) => ({
  ...evidence,
  topics: { ...evidence.topics, [topic]: (evidence.topics[topic] ?? []).map((one, at) => (at === index && one.value !== null ? { ...one, value: change(Buffer.from(one.value)) } : one)) },
})

/** The log of inputs was deleted, and nobody has written to the new one yet. */
const deleted: Tamper = (evidence) => ({
  ...evidence,
  formerSignals: [{ deletedAtMs: evidence.run.toMs, records: evidence.topics.signals ?? [] }],
  topics: { ...evidence.topics, signals: [] },
})

/** Another version takes over, and nothing is ever heard of its first order. */
const unheardOf = (sequence: number): Break => (told) => {
  const { undone, story } = told
  for (const { type, timestampMs, record } of story.records) if (['ClockTicked', 'ScaleDecided', 'ScaleHeld'].includes(type) && timestampMs >= at(150)) record.coreHash = 'core-2'
  for (const tick of all(told, 'ClockTicked')) if (tick.timestampMs >= at(150)) Object.assign(tick.record, { epoch: 2, ownerId: 'bob' })
  story.lines = story.lines.filter((line) => line.group !== 'g3')
  drop(told, ({ topic, record }) => (topic === 'signals' || topic === 'rollouts') && record.intentId === undone.intentId)
  for (const { record } of all(told, 'PlacementDecided')) record.answers = record.answers.filter(({ requestId }: { requestId: string }) => requestId !== undone.intentId)
  undone.decision.record.sequence = undone.intent.record.sequence = sequence
}

/** The same, but somebody had taken it up. */
const takenUp = (topic: 'cells' | 'rollouts'): Break => (told) => {
  const { undone, story } = told
  const taken = structuredClone(story.records.filter((one) => one.topic === topic && (one.type === 'PlacementDecided' || (one.type === 'RolloutPlaced' && one.record.intentId === undone.intentId))))
  unheardOf(1)(told)
  story.records = [...story.records.filter((one) => one.type !== 'PlacementDecided' || topic !== 'cells'), ...taken]
}

const gapsIn = (change: Break, tamper: Tamper): readonly string[] => {
  const telling = tellStory()
  change(telling)
  return check(tamper(evidenceOf(telling.story))).violations.flatMap(({ detail }) => (detail.includes('had no effect and no end') ? [detail] : []))
}

describe('an order without effect and without end, of the last owner of a log that was deleted', () => {
  test('its number had been given before: it is refused, and nobody waits for it', () => expect(gapsIn(unheardOf(1), deleted)).toEqual([]))

  test.each<[string, Break, Tamper]>([
    ['the log stands, and its owner waits', unheardOf(1), (evidence) => evidence],
    ['its number is new', unheardOf(2), deleted],
    ['a cell had answered it', takenUp('cells'), deleted],
    ['a fact names it', takenUp('rollouts'), deleted],
    ['the other order with its number comes after it', (told) => {
      unheardOf(1)(told)
      told.undone.intent.offset = told.grown.intent.offset - 1
    }, deleted],
  ])('S9: %s', (_story, change, tamper) => expect(gapsIn(change, tamper)).toHaveLength(1))
})

/** Another version owned the log for a while. */
const interludeFrom = (seconds: number): Break => (told) => {
  for (const { timestampMs, record } of all(told, 'ClockTicked')) {
    if (timestampMs >= at(seconds)) Object.assign(record, timestampMs < at(seconds + 50) ? { epoch: 2, ownerId: 'bob', coreHash: 'core-2' } : { epoch: 3 })
  }
}

/** Before the last decision. */
const interlude = interludeFrom(300)

/** The last decision follows another one than it did; `more` is written into it after it was sealed. */
const lastFollows = (previousOf: (hashes: readonly string[]) => string, more: object = {}): Tamper => (evidence) => {
  const decisions = evidence.topics.decisions ?? []
  const isDecided = (value: Uint8Array | null): value is Uint8Array => value !== null && typeOf(value) === 'ScaleDecided'
  const known = decisions.flatMap(({ value }) => (isDecided(value) ? (decode<'ScaleDecided'>(value) ?? []) : []))
  const open = { ...known.at(-1), previousHash: previousOf(known.map(({ hash }) => hash)), hash: '' }
  const value = encode('ScaleDecided', { ...open, hash: sha256(canonicalJson({ type: 'ScaleDecided', ...open })), ...more })
  const last = decisions.findLastIndex((one) => isDecided(one.value))
  return { ...evidence, topics: { ...evidence.topics, decisions: decisions.map((one, index) => (index === last ? { ...one, value } : one)) } }
}

const chainFaults = (change: Break, tamper: Tamper): readonly string[] => {
  const telling = tellStory()
  change(telling)
  return check(tamper(evidenceOf(telling.story))).violations.flatMap(({ detail }) => (/it follows|its hash/.test(detail) ? [detail.replace(/^.*?: /, '').slice(0, 10)] : []))
}

describe('a decision after another version had owned the log', () => {
  const unwritten = (): string => sha256('decided, and on no record')

  test('may follow one that is on no record', () => expect(chainFaults(interlude, lastFollows(unwritten))).toEqual([]))

  test.each<[string, Break, Tamper, string]>([
    ['no other version was there', untouched, lastFollows(unwritten), 'it follows'],
    ['it follows an older one than the last on record', interlude, lastFollows(([first]) => first ?? ''), 'it follows'],
    ['its content was changed', interlude, lastFollows(unwritten, { reason: 'other' }), 'its hash i'],
  ])('S17: %s', (_story, change, tamper, fault) => expect(chainFaults(change, tamper)).toEqual([fault]))
})

/** The last hold follows another one than it did, or is written as version 1 would have written it. */
const lastHoldFollows = (previousHash: string): Tamper => (evidence) => {
  const decisions = evidence.topics.decisions ?? []
  const last = decisions.findLastIndex(({ value }) => value !== null && typeOf(value) === 'ScaleHeld')
  const open = { ...decode<'ScaleHeld'>(decisions[last]?.value ?? new Uint8Array()), previousHash, hash: '' }
  const value = encode('ScaleHeld', { ...open, hash: sha256(canonicalJson({ type: 'ScaleHeld', ...open })) })
  return { ...evidence, topics: { ...evidence.topics, decisions: decisions.map((one, index) => (index === last ? { ...one, value } : one)) } }
}

describe('a hold', () => {
  const unwritten = sha256('held, and on no record')
  const heldFaults = (change: Break, tamper: Tamper): readonly string[] => {
    const telling = tellStory()
    change(telling)
    return check(tamper(evidenceOf(telling.story))).violations.flatMap(({ invariant, detail }) => (invariant === 'S17' ? [detail.replace(/^.*?: /, '').slice(0, 19)] : []))
  }
  const turned = (value: Buffer): Buffer => {
    const word = value.indexOf('INSIDE')
    value[word] = 'i'.charCodeAt(0)
    return value
  }
  const without: Tamper = (evidence) => ({ ...evidence, topics: { ...evidence.topics, decisions: (evidence.topics.decisions ?? []).slice(1) } })

  test('may follow one that is on no record where another version had owned the log', () => expect(heldFaults(interludeFrom(620), lastHoldFollows(unwritten))).toEqual([]))

  test.each<[string, Break, Tamper, string]>([
    ['one byte of it is another', untouched, tampered('decisions', 0, turned), 'its hash is not tha'],
    ['it is missing before a decision', untouched, without, 'it follows the hold'],
    ['it follows one that is on no record, and no other version was there', untouched, lastHoldFollows(unwritten), 'it follows the hold'],
    ['another version was there, but before the last decision', interlude, lastHoldFollows(unwritten), 'it follows the hold'],
    ['it follows none, though one stands there', untouched, lastHoldFollows(''), 'it follows the hold'],
  ])('S17: %s', (_story, change, tamper, fault) => expect(new Set(heldFaults(change, tamper))).toEqual(new Set([fault])))
})

describe('the record', () => {
  test('one byte of a decision is another', () => {
    const flip = (value: Buffer): Buffer => {
      const word = value.indexOf('load')
      value[word] = 'L'.charCodeAt(0)
      return value
    }
    expect(criesOf(untouched, { tamper: tampered('decisions', 1, flip) })).toEqual(['S17'])
  })

  test('what was decided on a log that was deleted is held against that log', () => {
    expect(criesOf(untouched, { tamper: deleted })).toEqual([])
    expect(criesOf(({ grown }) => void (grown.decision.record.inputs.lastInputOffset -= 2), { tamper: deleted })).toEqual(['S20'])
    expect(criesOf(({ grown }) => void (grown.decision.record.coreHash = 'core-2'), { tamper: deleted })).toEqual(['S17', 'S22'])
  })

  test('a decision is missing from the chain', () => {
    const without: Tamper = (evidence) => ({ ...evidence, topics: { ...evidence.topics, decisions: (evidence.topics.decisions ?? []).filter((_, index) => index !== 1) } })
    expect(criesOf(untouched, { tamper: without })).toEqual(['S17', 'S2'])
  })

  test.each(['ScaleHeld', 'ScaleIntentEmitted', 'RolloutReported'] as const)('an id of %s stands there with two contents', (type) =>
    expect(criesOf((told) => again(told, all(told, type)[0] as never, type === 'ScaleHeld' ? { detail: 'other' } : type === 'RolloutReported' ? { detail: 'other' } : { priority: 7 }))).toEqual(['S17']))

  test('the count of holds falls', () => expect(criesOf((told) => all(told, 'ScaleHeld').forEach(({ record }) => (record.holds = record.holds === 90 ? 5 : record.holds)))).toEqual(['S17']))

  test('a replay found a difference, or took another number of decisions', () => {
    expect(criesOf(untouched, { replay: { decisions: 3, differences: [] } })).toEqual([])
    expect(criesOf(untouched, { replay: { decisions: 4, differences: [] } })).toEqual(['S17'])
    expect(criesOf(untouched, { replay: { decisions: 3, differences: [{ service, detail: 'to.decode' }] } })).toEqual(['S17'])
  })

  test('an intent ends twice', () => {
    expect(criesOf((told) => {
      const end = all(told, 'IntentCompleted')[0]
      if (end) told.story.records.push({ ...end, type: 'IntentRefused', offset: 900, record: { ...end.record, detail: 'no room' } })
    })).toEqual(['S3'])
  })

  test('a group is reported as committed and as rolled back', () => {
    expect(criesOf((told) => {
      const end = all(told, 'RolloutReported').find(({ record }) => record.outcome === 'committed')
      if (end) again(told, end, { outcome: 'rolled-back', reportId: `${end.record.reportId}-too`, time: at(1_199) })
    })).toContain('S3')
  })

  test('bytes that no schema reads: on our own topics a loss, as a dead letter not', () => {
    const unknown: Tamper = (evidence) => ({ ...evidence, topics: { ...evidence.topics, signals: [...(evidence.topics.signals ?? []), { partition: 0, offset: 99_999, timestampMs: at(1_200), key: null, value: Buffer.from([0, 0, 0, 9, 9, 1]) }] } })
    expect(criesOf(untouched, { tamper: unknown })).toEqual(['S20'])
    const letter: Break = ({ story }) => void story.records.push({ topic: 'dead-letters', type: 'DeadLetter', offset: 0, timestampMs: at(1_200), key: null, record: { topic: 'heteroscale.signals.v1', partition: 0, offset: 99_999, key: null, reason: 'unknown schema', bytes: '', time: at(1_200) } })
    expect(criesOf(letter, { tamper: unknown })).toEqual([])
  })
})

describe('the end of a run', () => {
  test.each<[string, readonly string[], Break]>([
    ['an intent has no end', ['L1', 'S20'], (told) => drop(told, ({ type, record }) => type === 'IntentCompleted' && record.intentId === told.shrunk.intentId)],
    ['a rollout that began has no end', ['L1'], (told) => {
      drop(told, ({ type, record }) => ['RolloutReported', 'RolloutCommitted', 'IntentCompleted', 'ReservationReleased'].includes(type) && (record.intentId ?? record.requestId) === told.shrunk.intentId && ['committed', 'completed', undefined].includes(record.outcome) && record.step !== 'gone')
    }],
    ['what stands is not what was ordered', ['L1', 'S8'], ({ story }) => {
      const pending = story.lines.find((line) => line.instance === 'g1-decode-3' && line.phase === 'pending')
      story.lines.push({ ...pending, group: 'g7', instance: 'g7-decode-0' })
    }],
    ['nobody ticks any more', ['L2'], (told) => drop(told, ({ topic, timestampMs }) => topic === 'signals' && timestampMs > at(1_000))],
    ['the owner ticks and decides nothing', ['L2'], (told) => all(told, 'ClockTicked').filter(({ timestampMs }) => timestampMs > at(1_000)).forEach(({ record }) => (record.decidedThrough = 1_000))],
    ['a service is never looked at', ['L3'], (told) => {
      told.story.records.push({ topic: 'signals', type: 'ServiceConfigured', offset: 3.5, timestampMs: at(1), key: 'other', record: { ...all(told, 'ServiceConfigured')[0]?.record, service: 'other', time: at(1) } })
      told.story.records.push({ topic: 'services', type: 'ServiceAccepted', offset: 7, timestampMs: at(1), key: 'other', record: { ...all(told, 'ServiceAccepted')[0]?.record, service: 'other' } })
    }],
    ['an upgrade is not quiet', ['L4'], ({ story }) => void story.nemesis.push({ fault: 'upgrade', target: 'decider', fromMs: at(590), toMs: at(700), hits: 1 })],
  ])('%s: %j', (_story, expected, breakIt) => expect(criesOf(breakIt)).toEqual(expected))

  test('before the run had time to converge, none of that is asked', () =>
    expect(criesOf((told) => {
      told.story.run = { ...told.story.run, healedAtMs: at(1_000) }
      drop(told, ({ topic, timestampMs }) => topic === 'signals' && timestampMs > at(1_000))
    })).toEqual([]))
})

describe('the frame', () => {
  const withAll = (evidence: Evidence): Evidence => ({
    ...evidence,
    nemesis: [{ fault: 'kill', target: 'decider', fromMs: 1, toMs: 2, hits: 3 }],
    calls: { 'sub-a': [{ time: 1, method: 'readGroup', group: 'g1', key: null, outcome: 'answered' }] },
    commits: [{ timeMs: at(1_200), partition: 0, offset: 4 }],
  })

  test('evidence comes back from its folder as it was, tombstones too', () => {
    const folder = scratchDir()
    const told = withAll(evidenceOf(tellStory().story))
    const evidence = { ...told, topics: { ...told.topics, snapshots: [...(told.topics.snapshots ?? []), { partition: 0, offset: 9, timestampMs: 1, key: 'gone', value: null }] } }
    writeEvidence(folder, evidence)
    const read = readEvidence(folder)
    expect({ ...read, topics: Object.fromEntries(Object.entries(read.topics).filter(([, records]) => records.length > 0)) }).toEqual(evidence)
    expect(check(read)).toEqual(check(evidence))
  })

  test('the command prints violations and counts, and exits with 1', () => {
    const [sound, broken] = [scratchDir(), scratchDir()]
    writeEvidence(sound, evidenceOf(tellStory().story))
    const told = tellStory()
    told.shrunk.intent.record.expiresAt = at(500)
    writeEvidence(broken, evidenceOf(told.story))
    const main = join(import.meta.dirname, 'main.ts')
    const run = (...folders: readonly string[]): { readonly code: number; readonly out: string } => {
      try {
        return { code: 0, out: execFileSync(process.execPath, ['--import', 'tsx', main, ...folders], { encoding: 'utf8', stdio: 'pipe' }) }
      } catch (error) {
        const { status, stdout, stderr } = error as { status: number; stdout: string; stderr: string }
        return { code: status, out: stdout + stderr }
      }
    }
    expect(run(sound)).toMatchObject({ code: 0, out: expect.stringMatching(/: 0 violations in \d+ records and 6 effects/) })
    expect(run(sound, broken)).toMatchObject({ code: 1, out: expect.stringMatching(/^S13 chat sub-a#\d+: rollout.* ms after its intent expired$/m) })
    expect(run()).toMatchObject({ code: 2, out: expect.stringContaining('E_USAGE') })
  })

  test('a thousand idle runs prove nothing; a hundred busy ones do', () => {
    const { counted } = check(evidenceOf(tellStory().story))
    const idle = { violations: [], counted: { ...counted, faults: { 'lost-response': 0 } } }
    expect(isVacuous([idle])).toContainEqual(expect.stringMatching(/runs 1 to 1: .*decisions/))
    expect(isVacuous([idle])).toContainEqual(expect.stringMatching(/lost-response/))
    expect(isVacuous([idle])).toContainEqual('all 1 runs: no veto KILL_SWITCH')
    const vetoes = Object.fromEntries(['EVIDENCE_MISSING', 'EVIDENCE_STALE', 'EVIDENCE_FAILED', 'COVERAGE_LOW', 'INSTANCES_UNKNOWN', 'LATENCY_VETO', 'RISING_VETO', 'QUEUE_VETO', 'CONSOLIDATION', 'WARMING_UP', 'STABILISING', 'COOLDOWN_OUT', 'COOLDOWN_IN', 'ROLLOUT_OPEN', 'RATE_LIMITED', 'AT_BOUNDS', 'NO_FEASIBLE_PAIR', 'FAILURE_BACKOFF', 'KILL_SWITCH', 'FROZEN', 'PAUSED', 'CONTROLS_UNKNOWN'].map((reason) => [reason, 1]))
    const busy = { violations: [], counted: { ...counted, decisions: 2, scaleOuts: 1, scaleIns: 1, rollbacks: 1, vetoes, faults: { 'lost-response': 1 } } }
    expect(isVacuous(Array.from({ length: 100 }, () => busy))).toEqual([])
    expect(isVacuous([...Array.from({ length: 100 }, () => busy), idle])[0]).toMatch(/runs 101 to 101/)
  })
})
