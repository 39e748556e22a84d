/** Seeds that found a bug once, each with its story; a bug that is taken out of the product again is found by its seed. */
import { expect, test } from 'vitest'
import { useSimulation } from './simulation.ts'

const simulation = useSimulation()

const stories: readonly (readonly [seed: number, story: string])[] = [
  [19, 'A group is stuck half-way; the next order adds a group for what the stuck one was promised, and is reported as complete although more stands.'],
  [16, 'The acknowledgement of a report is lost, its activity is tried again, and the second record has the first id and another time.'],
  [37, 'A zombie of another version and the owner give one number; the second order handed on is refused, and nobody waits for it.'],
  [10, 'Between the last look of one version and the claim of the next a rollout commits; its fact belongs to neither.'],
  [1, 'The log is deleted and made again while orders are under way; what was decided on the old one is judged by the old one.'],
  [1044, 'A collector ahead of time shows a group as it was before; the rollout finds its registration done, and its shrink is refused.'],
]

test.each(stories)('seed %i: %s', async (seed) => {
  const { summary } = await simulation.current.judge(seed, {})
  expect(summary.violations).toEqual([])
}, 300_000)
