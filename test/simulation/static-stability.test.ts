/**
 * Static stability: one part of the control plane is away for an hour of a day with much load and little. Nothing is removed on
 * evidence that is missing, what serves goes on serving, and afterwards nobody catches up on what would have been ordered.
 */
import { describe, expect, test } from 'vitest'
import type { FleetChange } from '../../core/rollout/fleet-change.ts'
import type { FaultKind } from '../../simulator/control-plane/faults/plan.ts'
import type { History, Script } from '../../simulator/control-plane/history.ts'
import { useSimulation } from './simulation.ts'

const simulation = useSimulation()
const minute = 60_000
const outage = { fromMs: 12 * minute, toMs: 72 * minute }

/** Kinds of faults that take a part away for as long as they last. */
const partDown = {
  'the collectors': 'collectors-down-long',
  'Kafka': 'kafka-down-long',
  'the deciders': 'deciders-down-long',
  'Temporal': 'temporal-down-long',
  'the orchestrators': 'orchestrators-down-long',
} as const satisfies { readonly [part: string]: FaultKind }

const script = (kinds: readonly FaultKind[], more: Script['faults'] = []): Script => ({
  faults: [...kinds.map((kind) => ({ kind, ...outage, draw: 0.5 })), ...more],
  healsAfterMs: outage.toMs + 3 * minute,
  lastsMs: outage.toMs + 28 * minute,
})

const run = async (seed: number, course: Script): Promise<History> => {
  const { history, summary } = await simulation.current.judge(seed, { script: course })
  expect(summary.violations).toEqual([])
  return history
}

const at = (ms: number): number => simulation.current.epoch + ms

const changesOf = ({ evidence }: History): readonly FleetChange[] => Object.values(evidence.subClusters).flat()

/** Writes that took something away or added something, after what was under way when the part went had its time to land. */
const writesWhileDown = (history: History): readonly FleetChange[] =>
  changesOf(history).filter(({ kind, time }) => kind === 'written' && time > at(outage.fromMs + 4 * minute) && time <= at(outage.toMs))

const decisionsBetween = ({ evidence }: History, fromMs: number, toMs: number) =>
  (evidence.topics.get('decisions') ?? []).flatMap(({ event }) => (event?.type === 'ScaleDecided' && event.time > at(fromMs) && event.time <= at(toMs) ? [event] : []))

describe.each(Object.entries(partDown))('an hour without %s', (_, kind) => {
  test.each([1, 2, 3])('moves nothing meanwhile and is followed by no rush (seed %i)', async (seed) => {
    const history = await run(seed, script([kind]))
    expect(decisionsBetween(history, 0, outage.fromMs).length).toBeGreaterThan(0)
    expect(writesWhileDown(history)).toEqual([])
    // Cooldowns are 60 s and 90 s: whoever caught up would order each minute what an hour had missed.
    const after = decisionsBetween(history, outage.toMs, outage.toMs + 5 * minute)
    for (const service of history.evidence.run.services) expect(after.filter((one) => one.service === service).length).toBeLessThanOrEqual(4)
    expect(decisionsBetween(history, outage.toMs, outage.toMs + 28 * minute).length).toBeGreaterThan(0)
  }, 300_000)
})

describe('an hour with the registrar alone', () => {
  const everythingElse = Object.values(partDown)
  const lost = { kind: 'node-loss', fromMs: 30 * minute, toMs: 70 * minute, draw: 0.5 } as const

  test.each([1, 2, 3])('an instance whose node is lost is replaced, and serves again while all others are still away (seed %i)', async (seed) => {
    const history = await run(seed, script(everythingElse, [lost]))
    const during = changesOf(history).filter(({ time }) => time > at(lost.fromMs - 1) && time < at(outage.toMs))
    const failed = during.filter((change) => change.kind === 'phase' && change.phase === 'failed')
    const opened = during.filter((change) => change.kind === 'gate' && change.registered)
    expect(failed.length).toBeGreaterThan(0)
    expect(opened.length).toBeGreaterThan(0)
    expect(during.filter(({ kind }) => kind === 'written')).toEqual([])
  }, 300_000)
})

describe('an orchestrator is paused with a task in hand, and Temporal goes', () => {
  const pausedAt = (writtenMs: number, leadMs: number): Script => ({
    faults: [
      { kind: 'pause-orchestrator', fromMs: writtenMs - leadMs, toMs: writtenMs + 30_000, draw: 0.5 },
      { kind: 'temporal-down', fromMs: writtenMs + 20, toMs: writtenMs + 80_000, draw: 0.5 },
    ],
    healsAfterMs: writtenMs + 90_000,
    lastsMs: writtenMs + 100_000,
  })
  const forwardWrites = (history: History): readonly number[] =>
    changesOf(history).flatMap((change) => (change.kind === 'written' && change.undoes === null ? [change.time - at(0)] : [])).sort((a, b) => a - b)

  test('it makes its call when it goes on, and nothing else moves', async () => {
    const calm = await run(1, { faults: [], healsAfterMs: 10 * minute, lastsMs: 10 * minute })
    let late = 0
    for (const writtenMs of forwardWrites(calm)) {
      for (const leadMs of [6, 11, 16, 21]) {
        if (late > 0) break
        const history = await run(1, pausedAt(writtenMs, leadMs))
        late = forwardWrites(history).filter((time) => time > writtenMs + 5_020 && time < writtenMs + 80_000).length
      }
    }
    expect(late).toBe(1)
  }, 300_000)
})

describe('an intent that was given before the orchestrators went', () => {
  test('expires instead of being carried out an hour later', async () => {
    let [given, expired] = [0, 0]
    for (let seed = 1; seed <= 6; seed += 1) {
      const history = await run(seed, script(['orchestrators-down-long']))
      const stale = (history.evidence.topics.get('intents') ?? []).flatMap(({ event }) => (event?.type === 'ScaleIntentEmitted' && event.expiresAt < at(outage.toMs) ? [event.intentId] : []))
      const facts = (history.evidence.topics.get('rollouts') ?? []).flatMap(({ event, appendedAtMs }) => (event && 'intentId' in event && appendedAtMs >= at(outage.toMs) ? [{ type: event.type, intentId: event.intentId }] : []))
      const late = facts.filter(({ intentId }) => stale.includes(intentId))
      expect(late.filter(({ type }) => type === 'RolloutPlaced')).toEqual([])
      given += stale.length
      expired += (history.evidence.topics.get('rollouts') ?? []).filter(({ event }) => event?.type === 'IntentExpired').length
    }
    expect(given).toBeGreaterThan(0)
    expect(expired).toBeGreaterThan(0)
  }, 600_000)
})
