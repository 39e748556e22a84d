/** A failing seed is made small, and told so that it can be typed again. */
import { expect, test } from 'vitest'
import { useSimulation } from './simulation.ts'

const simulation = useSimulation()

const only = ['crash-decider', 'slow-writes', 'pause-decider'] as const
const planted = { only, tempo: 'brisk', commitsFirst: true, ownOnly: true } as const
const mostSeeds = 10

test('of the faults of a seed that fails those stay without which it does not fail', async () => {
  const { judge, shrink } = simulation.current
  for (let seed = 1; seed <= mostSeeds; seed += 1) {
    const shrunk = await shrink(seed, planted, () => undefined)
    // Of four faults each may be needed; such a seed shows nothing.
    if (shrunk === null || shrunk.keep.length === shrunk.planned) continue
    expect((await judge(seed, { ...planted, keep: shrunk.keep })).summary.violations).not.toEqual([])
    for (const left of shrunk.keep) {
      const { summary } = await judge(seed, { ...planted, keep: shrunk.keep.filter((index) => index !== left) })
      expect(summary.violations.filter(({ invariant }) => shrunk.invariants.has(invariant))).toEqual([])
    }
    return
  }
  expect.unreachable(`none of ${mostSeeds} seeds shows the planted bug with fewer faults`)
}, 1_800_000)

test('a seed that does not fail cannot be made smaller', async () => {
  expect(await simulation.current.shrink(1, { keep: [], ownOnly: true }, () => undefined)).toBeNull()
}, 300_000)

test('a choice is printed as it is typed', () => {
  const { showChoice } = simulation.current
  expect(showChoice({ ...planted, keep: [0, 3] })).toBe(" --only crash-decider,slow-writes,pause-decider --keep '0,3' --tempo brisk --plant commit-first --own")
  expect(showChoice({ keep: [], asBefore: true })).toBe(" --keep '' --as-before")
  expect(showChoice({})).toBe('')
})
