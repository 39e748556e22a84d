/** The simulation is worth something only if it finds a bug that is there. */
import { expect, test } from 'vitest'
import { useSimulation } from './simulation.ts'

const simulation = useSimulation()

/** Killed between the commit and the outputs, a decider never writes them: the next one folds that input silently. */
const mostSeeds = 10

test('a decider that commits its offset first loses orders, and some seed shows it', async () => {
  const { judge } = simulation.current
  const found: string[] = []
  for (let seed = 1; seed <= mostSeeds && found.length === 0; seed += 1) {
    const only = ['crash-decider', 'slow-writes', 'pause-decider'] as const
    const planted = await judge(seed, { only, commitsFirst: true })
    const sound = await judge(seed, { only })
    expect(sound.summary.violations).toEqual([])
    found.push(...planted.summary.violations.map(({ invariant }) => invariant))
  }
  expect(found.length).toBeGreaterThan(0)
}, 1_800_000)
