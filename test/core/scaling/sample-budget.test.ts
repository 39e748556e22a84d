/** However long the windows and however many the sub-clusters: what is decided and what is remembered fits into a record. */
import { describe, expect, it } from 'vitest'
import { createCodec } from '../../../adapters/kafka/codec.ts'
import { budgetSamples } from '../../../core/scaling/sample-budget.ts'
import { noSamples, takeSample } from '../../../core/signals/sample.ts'
import type { OwnHistory } from '../../../core/signals/sample.ts'
import { calm, deciderStory, instances, samplesOf, snapshotsOf, specification, storyStart } from '../../support/decider-story.ts'

const codec = createCodec()
const hour = 3600
const longWindows = specification({
  policies: { proportional: { windowSeconds: hour }, latencyGuard: { windowSeconds: hour } },
  roles: { prefill: { maxReplicas: 1000 }, decode: { maxReplicas: 2000 } },
})

const subClusters = Array.from({ length: 20 }, (_, index) => `sub-cluster-${index}`)

const observeAll = (story: ReturnType<typeof deciderStory>, decodeTps: number): void => {
  for (const subCluster of subClusters) {
    story.append(instances({ prefill: 2, decode: 4 }, { now: story.now(), subCluster }))
    for (const event of samplesOf({ ...calm, decodeTps, ttftMsP95: 312.345678, tbtMsP95: 21.345678 }, { prefill: 2, decode: 4 }, story.now(), `collector-of-${subCluster}`))
      story.append(event)
  }
}

describe('twenty sub-clusters and windows of an hour', () => {
  it('give decisions and snapshots that the log takes', { timeout: 60_000 }, () => {
    const story = deciderStory({ spec: longWindows })
    for (let second = 0; second < hour; second += 5) {
      observeAll(story, second < hour - 60 ? 4000 : 900_000.123456)
      story.skip(5)
      story.tick()
    }
    const sizes = [...story.decisions(), ...snapshotsOf(story.state)].map((event) => codec.encode(event).length)
    expect(story.decisions().length).toBeGreaterThan(0)
    expect(Math.max(...sizes)).toBeLessThan(800_000)
  })

  it('give snapshots that the log takes also to the owner who comes after an hour without one', { timeout: 60_000 }, () => {
    const story = deciderStory({ spec: longWindows })
    for (let second = 0; second < hour; second += 5) {
      observeAll(story, 4000.123456)
      story.skip(5)
    }
    story.takeOver()
    const sizes = snapshotsOf(story.state).map((event) => codec.encode(event).length)
    expect(Math.max(...sizes)).toBeLessThan(800_000)
  })
})

describe('the budget of samples', () => {
  const observed = (history: OwnHistory, second: number): OwnHistory => {
    const sample = { startMs: 0, endMs: storyStart + second * 1000, value: second, requests: null, heard: 1, registered: 1 }
    takeSample(history, { signal: 'decodeTps', source: 'c', role: 'decode', sample }, -1)
    return history
  }
  const history = (...seconds: readonly number[]): OwnHistory => seconds.reduce(observed, noSamples())
  const kept = (all: OwnHistory, nowSeconds: number, spec = longWindows): readonly number[] =>
    (budgetSamples(all, { spec, horizon: storyStart + nowSeconds * 1000 }).decodeTps[0]?.samples ?? []).map(({ endMs }) => (endMs - storyStart) / 1000)

  it('keeps the newest sample of each thirty seconds of an hour', () => {
    expect(kept(history(1, 5, 10, 29, 31, 35, 61), 100)).toEqual([29, 35, 61])
  })

  it('leaves an ordinary window as it is', () => {
    const all = history(5, 10, 15, 20)
    expect(budgetSamples(all, { spec: specification(), horizon: storyStart + 20_000 })).toEqual(all)
  })

  it('keeps of what left the window only the newest, and nothing that no tick may look at yet is lost', () => {
    expect(kept(history(5, 10, 15), 4000)).toEqual([15])
    expect(kept(history(5, 10, 15, 4000), 4001)).toEqual([15, 4000])
    expect(kept(history(5, 10, 15, 16), 10)).toEqual([10, 15, 16])
  })

  it('keeps the same whether it looked once or after each sample', () => {
    const seconds = [1, 5, 29, 31, 35, 61, 62, 63, 95]
    const step = (all: OwnHistory, second: number): OwnHistory =>
      budgetSamples(observed(all, second), { spec: longWindows, horizon: storyStart + second * 1000 })
    expect(seconds.reduce(step, noSamples())).toEqual(budgetSamples(history(...seconds), { spec: longWindows, horizon: storyStart + 95_000 }))
  })
})
