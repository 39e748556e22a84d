import { describe, expect, it } from 'vitest'
import { calm, deciderStory, service, silence, specification } from '../../support/decider-story.ts'
import type { Load } from '../../support/decider-story.ts'

const large = { prefill: 4, decode: 8 }
const low: Load = { ...calm, decodeTps: 4000 }

/** A fleet of 4P+8D under a load that needs half of it. */
const oversized = (changes: Load = {}, spec = specification()) => {
  const story = deciderStory({ spec })
  story.fleet(large)
  story.load({ ...low, ...changes })
  return story
}

describe('scale-in', () => {
  it('shrinks both roles once warm-up and stabilisation are over', () => {
    const story = oversized()
    story.pass(60)
    expect(story.orders()).toEqual(['scale-in 4P+8D → 2P+4D'])
    expect(story.reasons()).toEqual(['INSTANCES_UNKNOWN', 'WARMING_UP', 'STABILISING', 'INSIDE_TOLERANCE'])
  })

  it('keeps what it adopts for a whole window, however long the owner has ruled: nobody knows what was recommended before', () => {
    const story = deciderStory()
    story.fleet(large)
    story.load({ ...calm, decodeTps: 8000 })
    story.pass(300)
    story.append({ type: 'ServiceRemoved', service, author: 'ada', time: story.now() })
    story.load(low)
    story.pass(60)
    story.configure(specification(), 1)
    story.tellControls()
    story.pass(30)
    expect(story.orders()).toEqual([])
    expect(story.reasons().at(-1)).toBe('STABILISING')
    story.pass(30)
    expect(story.orders()).toEqual(['scale-in 4P+8D → 2P+4D'])
  })

  it.each([
    ['the collectors were silent', (story: ReturnType<typeof deciderStory>) => {
      story.load(silence)
      story.pass(60)
    }],
    ['nobody decided, and nobody measured', (story: ReturnType<typeof deciderStory>) => {
      story.skip(60)
      story.takeOver()
    }],
  ])('keeps what stands for a whole window after %s: what the load asked for meanwhile, nobody knows', (_, goBlind) => {
    const story = oversized({ decodeTps: 8000 }, specification({ warmupSeconds: 1 }))
    story.pass(60)
    goBlind(story)
    story.load(low)
    story.pass(30)
    expect(story.orders()).toEqual([])
    expect(story.reasons().at(-1)).toBe('STABILISING')
    story.pass(15)
    expect(story.orders()).toEqual(['scale-in 4P+8D → 2P+4D'])
  })

  it('keeps it for a whole window also when the same was asked for before a silence that nobody ticked through', () => {
    const story = oversized({ decodeTps: 3700 })
    story.pass(30)
    expect(story.reasons().at(-1)).toBe('STABILISING')
    expect(story.state.services.get(service)?.calm).not.toBeNull()
    story.skip(60)
    story.observe()
    story.skip(4)
    story.pass(25)
    expect(story.orders()).toEqual([])
    story.pass(10)
    expect(story.orders()).toEqual(['scale-in 4P+8D → 2P+4D'])
  })

  it('keeps it for a whole window also when the first sample after a silence came with a tick that still thought the last one fresh', () => {
    const story = oversized({ decodeTps: 3700 }, specification({ behavior: { scaleDown: { stabilizationWindowSeconds: 60 } } }))
    story.pass(30)
    expect(story.state.services.get(service)?.calm).not.toBeNull()
    // The tick was made before the sample ended, and stands behind it in the log; something else makes it look. The next one is late.
    const madeAt = story.now() + 14_900
    story.skip(16)
    story.observe()
    story.tellControls()
    story.tick({ time: madeAt })
    story.skip(3)
    story.pass(58)
    expect(story.orders()).toEqual([])
    story.pass(5)
    expect(story.orders()).toEqual(['scale-in 4P+8D → 2P+4D'])
  })

  it('keeps what the last calm sample asked for, also when its window is long over before somebody ticks again', () => {
    const story = oversized({ decodeTps: 3700 }, specification({ behavior: { scaleDown: { stabilizationWindowSeconds: 120 } }, evidence: { staleAfterSeconds: 90 } }))
    story.load({ ...low, decodeTps: 8000 })
    story.pass(60)
    expect(story.state.services.get(service)?.calm).not.toBeNull()
    story.skip(5)
    story.observe()
    const calmUntil = story.now()
    story.load(low)
    for (let sample = 1; sample <= 16; sample++) {
      story.skip(5)
      story.observe()
    }
    story.pass(1)
    expect(story.state.services.get(service)?.memory.peaks.decode.map(({ atMs, count }) => [atMs - calmUntil, count])).toContainEqual([0, 8])
    story.pass((calmUntil + 120_000 + 2000 - story.now()) / 1000 - 1)
    expect(story.orders()).toEqual([])
    story.pass(1)
    expect(story.orders()).toEqual(['scale-in 4P+8D → 2P+4D'])
  })

  it('forgets nothing for a gap that is no longer than evidence stays fresh', () => {
    const story = oversized()
    story.pass(25)
    story.load(silence)
    story.pass(5)
    story.load(low)
    story.pass(15)
    expect(story.orders()).toEqual(['scale-in 4P+8D → 2P+4D'])
  })

  it('begins no window with counts that are adopted while nobody measures', () => {
    const story = oversized({ decodeTps: 8000 })
    story.pass(60)
    story.append({ type: 'ServiceRemoved', service, author: 'ada', time: story.now() })
    story.load(silence)
    story.configure(specification(), 1)
    story.tellControls()
    story.pass(14)
    expect(story.reasons().at(-1)).toBe('EVIDENCE_MISSING')
    story.load(low)
    story.pass(30)
    expect(story.orders()).toEqual([])
    story.pass(10)
    expect(story.orders()).toEqual(['scale-in 4P+8D → 2P+4D'])
  })

  it('begins no window with counts that somebody else brings about in the middle of a silence', () => {
    const story = deciderStory({ spec: specification({ behavior: { scaleDown: { stabilizationWindowSeconds: 60 } } }) })
    story.fleet({ prefill: 2, decode: 4 })
    story.load(low)
    story.pass(60)
    story.load(silence)
    story.pass(19)
    story.fleet(large)
    story.pass(2)
    story.load(low)
    story.pass(62)
    expect(story.orders()).toEqual([])
    expect(story.reasons().at(-1)).toBe('STABILISING')
    story.pass(10)
    expect(story.orders()).toEqual(['scale-in 4P+8D → 2P+4D'])
  })

  it('moves the damped share of the distance', () => {
    const story = oversized({}, specification({ behavior: { scaleDown: { damping: 0.5 } } }))
    story.pass(60)
    expect(story.orders()).toEqual(['scale-in 4P+8D → 3P+6D'])
  })

  it('leaves a load alone that would scale out again between the two thresholds', () => {
    const story = oversized({ decodeTps: 6900 })
    story.pass(120)
    expect(story.orders()).toEqual([])
  })

  it('waits for the largest recommendation of the window to leave it', () => {
    const story = oversized({ decodeTps: 8000 })
    story.pass(60)
    story.load(low)
    story.pass(30)
    expect(story.orders()).toEqual([])
    expect(story.reasons().at(-1)).toBe('STABILISING')
    story.pass(30)
    // The 20 s mean was still falling when the window began, so that its largest recommendation is 3P+6D.
    expect(story.orders()).toEqual(['scale-in 4P+8D → 3P+6D'])
  })

  it('waits for the cooldown after the last order in either direction', () => {
    const story = deciderStory()
    story.fleet({ prefill: 2, decode: 4 })
    story.load({ ...calm, decodeTps: 8000 })
    story.pass(30)
    story.commit()
    const grown = story.decisions()[0]?.time ?? 0
    story.load(low)
    story.pass(100)
    expect(story.decisions().map(({ kind }) => kind)).toEqual(['scale-out', 'scale-in'])
    expect((story.decisions()[1]?.time ?? 0) - grown).toBeGreaterThanOrEqual(60_000)
    expect(story.reasons()).toContain('COOLDOWN_IN')
  })

  it('waits for open rollouts', () => {
    const story = deciderStory()
    story.fleet({ prefill: 2, decode: 4 })
    story.load({ ...calm, decodeTps: 8000 })
    story.pass(30)
    story.report('placed', { group: 'g-1', prefill: 4, decode: 8 })
    story.load(low)
    story.pass(120)
    expect(story.orders()).toEqual(['scale-out 2P+4D → 4P+8D'])
    expect(story.reasons()).toContain('ROLLOUT_OPEN')
  })

  it('takes back a scale-in with a higher target while it is on its way', () => {
    const story = oversized()
    story.pass(60)
    story.load({ ...calm, decodeTps: 8000 })
    story.pass(30)
    expect(story.orders()).toEqual(['scale-in 4P+8D → 2P+4D', 'scale-out 2P+4D → 3P+5D'])
  })

  it('removes no more than its rate policies allow in a period', () => {
    const policies = [{ type: 'Instances' as const, value: 2, periodSeconds: 60 }]
    const story = oversized({}, specification({ behavior: { scaleDown: { cooldownSeconds: 0, policies } } }))
    story.pass(45)
    // 2P+6D would be out of band (6 decode need at least 1.25 prefill: 2 is in band), both roles fall by at most 2.
    expect(story.orders()).toEqual(['scale-in 4P+8D → 2P+6D'])
    story.commit()
    story.pass(30)
    expect(story.orders()).toHaveLength(1)
    expect(story.reasons()).toContain('RATE_LIMITED')
  })

  it('never shrinks below the minimum, also with nothing to do', () => {
    const story = oversized({ decodeTps: 0, ttftMsP95: null, tbtMsP95: null, requests: 0 })
    story.pass(60)
    story.commit()
    story.pass(120)
    expect(story.orders()).toEqual(['scale-in 4P+8D → 1P+2D'])
  })

  it('forbids it when the other role would be too small for the load', () => {
    const story = deciderStory()
    story.fleet({ prefill: 2, decode: 8 })
    story.load({ ...calm, decodeTps: 6000 })
    story.pass(120)
    // 6 decode would do, but the load needs 3 prefill and only 2 are there.
    expect(story.orders()).toEqual([])
    expect(story.reasons().at(-1)).toBe('CONSOLIDATION')
  })

  it('forbids it when latency is within a tenth of its SLO', () => {
    const story = oversized({ tbtMsP95: 37 })
    story.pass(120)
    expect(story.orders()).toEqual([])
    expect(story.reasons()).toContain('CONSOLIDATION')
  })

  it('forbids it while the queue holds a request for every instance', () => {
    const story = oversized({ queueDepth: 4 })
    story.pass(120)
    expect(story.orders()).toEqual([])
    expect(story.reasons()).toContain('QUEUE_VETO')
  })

  it('does not shrink within the warm-up of a new owner', () => {
    const story = oversized({ decodeTps: 8000 })
    story.pass(100)
    story.load(low)
    story.pass(20)
    story.takeOver()
    const since = story.now()
    story.pass(90)
    expect(story.orders()).toEqual(['scale-in 4P+8D → 2P+4D'])
    // The stabilisation window of 30 s is longer than the warm-up of 20 s and rules.
    expect((story.decisions()[0]?.time ?? 0) - since).toBeGreaterThanOrEqual(30_000)
    expect(story.reasons()).toContain('WARMING_UP')
  })
})

describe('evidence for less', () => {
  const cases: readonly (readonly [string, Load, string])[] = [
    ['decode throughput is missing', { ...low, decodeTps: undefined as never }, 'EVIDENCE_MISSING'],
    ['decode throughput failed', { ...low, decodeTps: null }, 'EVIDENCE_FAILED'],
    ['TTFT is missing', { ...low, ttftMsP95: undefined as never }, 'EVIDENCE_MISSING'],
    ['TBT failed', { ...low, tbtMsP95: null }, 'EVIDENCE_FAILED'],
    ['one decode instance of eight is silent', { ...low, heard: { prefill: 4, decode: 7 } }, 'COVERAGE_LOW'],
    ['throughput is zero and no collector lives', { ...low, decodeTps: 0, heartbeat: false }, 'EVIDENCE_FAILED'],
    ['throughput is zero while requests wait', { ...low, decodeTps: 0, queueDepth: 3 }, 'EVIDENCE_FAILED'],
    ['throughput is zero while requests run: the fleet hangs', { ...low, decodeTps: 0, ttftMsP95: null, tbtMsP95: null, requests: 0, requestsRunning: 6 }, 'EVIDENCE_FAILED'],
    ['throughput is zero and no engine says what it works on', { ...low, decodeTps: 0, ttftMsP95: null, tbtMsP95: null, requests: 0, requestsRunning: null }, 'EVIDENCE_FAILED'],
    ['no first token comes while requests wait', { ...low, ttftMsP95: null, requests: 0, queueDepth: 3 }, 'EVIDENCE_FAILED'],
  ]
  it.each(cases)('holds when %s', (_title, load, reason) => {
    const story = deciderStory()
    story.fleet(large)
    story.load(load)
    story.pass(120)
    expect(story.orders()).toEqual([])
    expect(story.reasons().at(-1)).toBe(reason)
  })

  it('counts zero demand beside a live collector', () => {
    const story = oversized({ decodeTps: 0, ttftMsP95: null, tbtMsP95: null, requests: 0, heartbeat: true })
    story.pass(60)
    expect(story.orders()).toEqual(['scale-in 4P+8D → 1P+2D'])
    expect(story.decisions()[0]?.evidence.map(({ state }) => state)).toEqual(['idle', 'idle', 'idle', ...Array<string>(5).fill('fresh')])
  })

  it('holds when all sources fall silent, first as stale and then as missing', () => {
    const story = oversized({ decodeTps: 8000 })
    story.pass(60)
    story.load({})
    story.pass(200)
    expect(story.orders()).toEqual([])
    expect(story.reasons().slice(-2)).toEqual(['EVIDENCE_STALE', 'EVIDENCE_MISSING'])
  })

  it('holds when a sub-cluster cannot be read to its end', () => {
    const story = oversized({ decodeTps: 8000 })
    story.pass(60)
    story.fleet(large, false)
    story.load(low)
    story.pass(120)
    expect(story.orders()).toEqual([])
    expect(story.reasons().at(-1)).toBe('EVIDENCE_FAILED')
  })

  it('holds while a minute of the window was half deaf, and shrinks once it has passed', () => {
    const story = oversized({ decodeTps: 8000 }, specification({ policies: { proportional: { windowSeconds: 60 } } }))
    story.pass(100)
    story.load({ ...low, decodeTps: 2000, heard: { prefill: 2, decode: 4 } })
    story.pass(20)
    story.load({ ...low, decodeTps: 4000 })
    story.pass(45)
    expect(story.orders()).toEqual([])
    expect(story.reasons().at(-1)).toBe('COVERAGE_LOW')
    story.pass(60)
    expect(story.decisions().map(({ kind }) => kind)).toEqual(['scale-in'])
  })

  it('never takes a vanished source for a smaller load', () => {
    const story = oversized({ decodeTps: 4000, heard: { prefill: 2, decode: 4 } })
    story.pass(200)
    expect(story.orders()).toEqual([])
    expect(story.reasons().at(-1)).toBe('COVERAGE_LOW')
  })
})

describe('a lowered maximum', () => {
  const lowered = specification({ roles: { prefill: { maxReplicas: 3 }, decode: { maxReplicas: 6 } } })

  it('removes with complete evidence, even what the load would use', () => {
    const story = oversized({ decodeTps: 8000 })
    story.pass(60)
    story.configure(lowered, 2)
    story.pass(60)
    expect(story.orders()).toEqual(['scale-in 4P+8D → 3P+6D'])
  })

  it('removes nothing without evidence', () => {
    const story = oversized({ decodeTps: 8000 })
    story.pass(60)
    story.load({ heartbeat: true })
    story.configure(lowered, 2)
    story.pass(200)
    expect(story.orders()).toEqual([])
  })
})
