/** One seed is one history, byte for byte: without that, no failure could be found again. */
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import type { History } from '../../simulator/control-plane/history.ts'
import { useSimulation } from './simulation.ts'

const simulation = useSimulation()

const hashOf = ({ evidence, steps }: History): string =>
  createHash('sha256').update(JSON.stringify([steps, evidence.run, [...evidence.topics], evidence.subClusters, evidence.nemesis, evidence.commits])).digest('hex')

test.each(['brisk', 'steady'] as const)('the same seed gives the same %s history, also after another one ran in between', async (tempo) => {
  const { judge } = simulation.current
  const first = await judge(7, { tempo })
  const other = await judge(8, { tempo })
  const again = await judge(7, { tempo })
  expect(hashOf(again.history)).toBe(hashOf(first.history))
  expect(hashOf(other.history)).not.toBe(hashOf(first.history))
}, 900_000)

test('every 32nd seed goes at the brisk pace, the others at the steady one, unless one is asked for; all last an hour with five services', async () => {
  const { judge } = simulation.current
  const runOf = async (seed: number, choice: Parameters<typeof judge>[1]): Promise<readonly number[]> => {
    const { run } = (await judge(seed, { keep: [], ownOnly: true, ...choice })).history.evidence
    return [run.tickMs / 1_000, (run.toMs - run.fromMs) / 60_000, run.services.length]
  }
  expect([await runOf(32, {}), await runOf(33, {}), await runOf(32, { tempo: 'steady' }), await runOf(33, { tempo: 'brisk' })]).toEqual([[10, 62, 5], [30, 62, 5], [30, 62, 5], [10, 62, 5]])
}, 900_000)

test('leaving a fault out leaves the others as they were planned', async () => {
  const { judge } = simulation.current
  const all = await judge(10, {})
  const some = await judge(10, { keep: [0, 2] })
  expect(some.history.faults).toEqual(all.history.faults)
  expect(some.history.struck.map(({ kind }) => kind).sort()).toEqual([0, 2].map((index) => all.history.faults[index]?.kind).sort())
}, 900_000)
