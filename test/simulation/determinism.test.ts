/** One seed is one history, byte for byte: without that, no failure could be found again. */
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import type { History } from '../../simulator/control-plane/history.ts'
import { useSimulation } from './simulation.ts'

const simulation = useSimulation()

const hashOf = ({ evidence, steps }: History): string =>
  createHash('sha256').update(JSON.stringify([steps, evidence.run, [...evidence.topics], evidence.subClusters, evidence.nemesis, evidence.commits])).digest('hex')

test.each(['large', 'small'] as const)('the same seed gives the same %s history, also after another one ran in between', async (size) => {
  const { judge } = simulation.current
  const first = await judge(7, { size })
  const other = await judge(8, { size })
  const again = await judge(7, { size })
  expect(hashOf(again.history)).toBe(hashOf(first.history))
  expect(hashOf(other.history)).not.toBe(hashOf(first.history))
}, 900_000)

test('every eighth seed makes a large world, the others a small one, unless a size is asked for', async () => {
  const { judge } = simulation.current
  const lastsOf = async (seed: number, choice: Parameters<typeof judge>[1]): Promise<number> => (await judge(seed, { keep: [], ownOnly: true, ...choice })).summary.simulatedMs / 60_000
  expect([await lastsOf(8, {}), await lastsOf(9, {}), await lastsOf(8, { size: 'small' }), await lastsOf(9, { size: 'large' })]).toEqual([62, 28, 28, 62])
}, 900_000)

test('leaving a fault out leaves the others as they were planned', async () => {
  const { judge } = simulation.current
  const all = await judge(10, {})
  const some = await judge(10, { keep: [0, 2] })
  expect(some.history.faults).toEqual(all.history.faults)
  expect(some.history.struck.map(({ kind }) => kind).sort()).toEqual([0, 2].map((index) => all.history.faults[index]?.kind).sort())
}, 900_000)
