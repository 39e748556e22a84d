import { describe, expect, it } from 'vitest'
import { calm, deciderStory, specification } from '../../support/decider-story.ts'

const at = (decodeTps: number) => ({ ...calm, decodeTps })

describe('scale-out', () => {
  it('sizes both roles from decode throughput through the ratio', () => {
    const story = deciderStory()
    story.fleet({ prefill: 2, decode: 4 })
    story.load(at(8000))
    story.pass(30)
    expect(story.orders()).toEqual(['scale-out 2P+4D → 4P+8D'])
    expect(story.lastIntent()).toMatchObject({ sequence: 1, target: { prefill: 4, decode: 8 }, ratio: { prefill: 1, decode: 2 }, kind: 'scale-out' })
  })

  it('adopts the counts of a running service and leaves a fitting load alone', () => {
    const story = deciderStory()
    story.fleet({ prefill: 2, decode: 4 })
    story.load(at(4000))
    story.pass(120)
    expect(story.orders()).toEqual([])
    expect(story.reasons()).toEqual(['INSTANCES_UNKNOWN', 'INSIDE_TOLERANCE'])
  })

  it('stays inside the tolerance up to its edge and leaves it beyond', () => {
    const quiet = deciderStory()
    quiet.fleet({ prefill: 2, decode: 4 })
    quiet.load(at(4400))
    quiet.pass(60)
    expect(quiet.orders()).toEqual([])
    quiet.load(at(4500))
    quiet.pass(60)
    expect(quiet.orders()).toEqual(['scale-out 2P+4D → 3P+5D'])
  })

  it('moves the damped share of the distance', () => {
    const story = deciderStory({ spec: specification({ behavior: { scaleUp: { damping: 0.5 } } }) })
    story.fleet({ prefill: 4, decode: 8 })
    story.load(at(16_000))
    story.pass(20)
    expect(story.orders()).toEqual(['scale-out 4P+8D → 6P+12D'])
  })

  it('counts what is in flight and does not order it twice', () => {
    const story = deciderStory()
    story.fleet({ prefill: 2, decode: 4 })
    story.load(at(8000))
    story.pass(130)
    expect(story.orders()).toEqual(['scale-out 2P+4D → 4P+8D'])
  })

  it('issues a higher target during a rollout, but only after the cooldown', () => {
    const story = deciderStory()
    story.fleet({ prefill: 2, decode: 4 })
    story.load(at(8000))
    story.pass(20)
    const first = story.now()
    story.load(at(16_000))
    story.pass(100)
    expect(story.orders()).toEqual(['scale-out 2P+4D → 4P+8D', 'scale-out 4P+8D → 8P+16D'])
    expect(story.reasons()).toContain('COOLDOWN_OUT')
    const [one, two] = story.decisions()
    expect((two?.time ?? 0) - (one?.time ?? 0)).toBeGreaterThanOrEqual(60_000)
    expect(one?.time).toBeLessThanOrEqual(first)
    expect(two?.previousHash).toBe(one?.hash)
  })

  it('stops at the maximum and says so', () => {
    const story = deciderStory({ spec: specification({ roles: { decode: { maxReplicas: 6 }, prefill: { maxReplicas: 3 } } }) })
    story.fleet({ prefill: 2, decode: 4 })
    story.load(at(20_000))
    story.pass(20)
    story.commit()
    story.pass(100)
    expect(story.orders()).toEqual(['scale-out 2P+4D → 3P+6D'])
    expect(story.decisions()[0]?.limits).toEqual([
      { limit: 'bounds', before: { prefill: 10, decode: 20 }, after: { prefill: 3, decode: 6 }, detail: 'at most 3P+6D' },
    ])
    expect(story.reasons().at(-1)).toBe('AT_BOUNDS')
  })

  it('grows no faster than its rate policies allow', () => {
    const policies = [{ type: 'Percent' as const, value: 50, periodSeconds: 60 }]
    const story = deciderStory({ spec: specification({ behavior: { scaleUp: { cooldownSeconds: 0, policies } } }) })
    story.fleet({ prefill: 4, decode: 8 })
    story.load(at(16_000))
    story.pass(20)
    expect(story.orders()).toEqual(['scale-out 4P+8D → 6P+12D'])
    story.pass(30)
    expect(story.reasons()).toContain('RATE_LIMITED')
    expect(story.orders()).toHaveLength(1)
    story.pass(60)
    expect(story.orders()[1]).toBe('scale-out 6P+12D → 8P+16D')
  })

  it('waits out the window of scale-up on a burst that ends', () => {
    const story = deciderStory({ spec: specification({ behavior: { scaleUp: { stabilizationWindowSeconds: 60 } } }) })
    story.fleet({ prefill: 2, decode: 4 })
    story.load(calm)
    story.pass(60)
    story.load(at(8000))
    story.pass(30)
    story.load(calm)
    story.pass(90)
    expect(story.orders()).toEqual([])
    expect(story.reasons()).toContain('STABILISING')
  })

  it('raises what is below the minimum without any evidence of load', () => {
    const story = deciderStory({ spec: specification({ roles: { prefill: { minReplicas: 2 }, decode: { minReplicas: 4 } } }) })
    story.fleet({ prefill: 0, decode: 0 })
    story.pass(20)
    expect(story.orders()).toEqual(['scale-out 0P+0D → 2P+4D'])
  })

  it('raises nothing while a sub-cluster was not read to its end', () => {
    const story = deciderStory({ spec: specification({ roles: { prefill: { minReplicas: 2 }, decode: { minReplicas: 4 } } }) })
    story.fleet({ prefill: 0, decode: 0 }, false)
    story.pass(60)
    expect(story.orders()).toEqual([])
    expect(story.reasons()).toEqual(['INSTANCES_UNKNOWN'])
  })

  it('raises nothing to a new minimum on a report that is stale', () => {
    const story = deciderStory()
    story.fleet({ prefill: 2, decode: 4 })
    story.load(calm)
    story.pass(30)
    story.silence()
    story.pass(60)
    story.configure(specification({ roles: { prefill: { minReplicas: 4 }, decode: { minReplicas: 8 } } }), 2)
    story.pass(10)
    expect(story.orders()).toEqual([])
  })

  it('numbers its orders above every sequence that the field has seen', () => {
    const story = deciderStory()
    story.fleet({ prefill: 2, decode: 4 })
    story.load(at(8000))
    story.pass(9)
    story.append({
      type: 'InstancesObserved', service: 'chat', subCluster: 'west', complete: true, observedAt: story.now(),
      groups: [{ group: 'w', domain: 'd', sequence: 41, roles: [] }],
    })
    story.pass(3)
    expect(story.lastIntent().sequence).toBe(42)
  })

  it('rests after a rollout was undone, then tries again from what stands', () => {
    const story = deciderStory()
    story.fleet({ prefill: 2, decode: 4 })
    story.load(at(8000))
    story.pass(20)
    const failedAt = story.now()
    story.report('placed', { group: 'g-1', prefill: 4, decode: 8 })
    story.report('rolled-back', { group: 'g-1', prefill: 2, decode: 4 })
    story.report('completed', { partial: true })
    story.pass(200)
    expect(story.reasons()).toContain('FAILURE_BACKOFF')
    expect(story.orders().slice(0, 2)).toEqual(['scale-out 2P+4D → 4P+8D', 'scale-out 2P+4D → 4P+8D'])
    expect((story.decisions()[1]?.time ?? 0) - failedAt).toBeGreaterThanOrEqual(60_000)
  })

  it('grows although new instances were not heard in their first round', () => {
    const story = deciderStory()
    story.fleet({ prefill: 2, decode: 4 })
    story.load({ ...calm, decodeTps: 8000, heard: { prefill: 1, decode: 2 } })
    story.pass(30)
    expect(story.orders()).toEqual(['scale-out 2P+4D → 4P+8D'])
  })
})
