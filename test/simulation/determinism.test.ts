/** One seed is one history, byte for byte: without that, no failure could be found again. */
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import type { History } from '../../simulator/control-plane/history.ts'
import { useSimulation } from './simulation.ts'

const simulation = useSimulation()

const hashOf = ({ evidence, steps }: History): string =>
  createHash('sha256').update(JSON.stringify([steps, evidence.run, [...evidence.topics], evidence.subClusters, evidence.nemesis, evidence.commits])).digest('hex')

test('the same seed gives the same history, also after another one ran in between', async () => {
  const { judge } = simulation.current
  const first = await judge(7, {})
  const other = await judge(8, {})
  const again = await judge(7, {})
  expect(hashOf(again.history)).toBe(hashOf(first.history))
  expect(hashOf(other.history)).not.toBe(hashOf(first.history))
}, 900_000)

test('leaving a fault out leaves the others as they were planned', async () => {
  const { judge } = simulation.current
  const all = await judge(9, {})
  const some = await judge(9, { keep: [0, 2] })
  expect(some.history.faults).toEqual(all.history.faults)
  expect(some.history.struck.map(({ kind }) => kind).sort()).toEqual([0, 2].map((index) => all.history.faults[index]?.kind).sort())
}, 900_000)
