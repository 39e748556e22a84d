/** A new version of the decider takes over while the load stays as it is: nothing is decided, and nothing moves (L4). */
import { expect, test } from 'vitest'
import type { History } from '../../simulator/control-plane/history.ts'
import { useSimulation } from './simulation.ts'

const simulation = useSimulation()
const minute = 60_000
const upgrade = { fromMs: 30 * minute, toMs: 45 * minute }

const decisionsOf = ({ evidence }: History) => (evidence.topics.get('decisions') ?? []).flatMap(({ event }) => (event?.type === 'ScaleDecided' ? [event] : []))

const coresThatTick = ({ evidence }: History, fromMs: number, toMs: number): ReadonlySet<string> =>
  new Set((evidence.topics.get('signals') ?? []).flatMap(({ event }) => (event?.type === 'ClockTicked' && event.time > fromMs && event.time <= toMs ? [event.coreHash] : [])))

// At rest by then, as L4 asks. In seed 5 one service is short of GPUs and orders them again each minute, upgrade or not.
test.each([1, 2, 3, 4, 6, 7])('an upgrade on unchanged input moves nothing (seed %i)', async (seed) => {
  const { history, summary } = await simulation.current.judge(seed, { script: { faults: [], healsAfterMs: 12 * minute, lastsMs: 60 * minute, upgrade } })
  const at = (ms: number): number => simulation.current.epoch + ms
  expect(decisionsOf(history).length).toBeGreaterThan(0)
  expect([...coresThatTick(history, at(0), at(upgrade.fromMs))]).toEqual(['core-of-today'])
  expect([...coresThatTick(history, at(upgrade.fromMs + 2 * minute), at(60 * minute))]).toEqual(['core-of-tomorrow'])
  expect(history.evidence.nemesis).toContainEqual(expect.objectContaining({ fault: 'upgrade', target: 'decider', hits: 2 }))
  expect(summary.violations).toEqual([])
}, 300_000)

test('one on input that changes is told from it', async () => {
  const { summary } = await simulation.current.judge(1, { script: { faults: [], healsAfterMs: 45 * minute, lastsMs: 60 * minute, upgrade } })
  expect(new Set(summary.violations.map(({ invariant }) => invariant))).toEqual(new Set(['L4']))
}, 300_000)
