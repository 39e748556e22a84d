/** A fault that changes nothing proves nothing: each kind bites, in a history that has it. */
import { expect, test } from 'vitest'
import { useSimulation } from './simulation.ts'

const simulation = useSimulation()

/** Some need luck (an outage that meets a send, a lost answer); a few seeds give it to all. */
const mostSeeds = 6

test('every kind of fault bites', async () => {
  const { bitesOf, faultKinds, judge } = simulation.current
  const missing = new Set(faultKinds)
  for (let seed = 1; seed <= mostSeeds && missing.size > 0; seed += 1) {
    for (const third of [0, 1, 2]) {
      const only = [...missing].filter((_, index) => index % 3 === third)
      if (only.length === 0) continue
      const { summary } = await judge(seed, { only, tempo: 'brisk' })
      for (const kind of only) if (Object.keys(summary.hits).some((name) => name.startsWith(bitesOf[kind]))) missing.delete(kind)
    }
  }
  expect([...missing]).toEqual([])
}, 1_800_000)

test('a calm history decides, grows and shrinks, and breaks nothing', async () => {
  const { summary } = await simulation.current.judge(1, { keep: [], tempo: 'brisk' })
  expect(summary.violations).toEqual([])
  expect(summary.counted['decision scale-out']).toBeGreaterThan(5)
  expect(summary.counted['decision scale-in']).toBeGreaterThan(5)
}, 600_000)
