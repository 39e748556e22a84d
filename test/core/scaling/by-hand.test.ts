import { describe, expect, it } from 'vitest'
import { calm, deciderStory, service, silence, specification } from '../../support/decider-story.ts'
import type { Load } from '../../support/decider-story.ts'
import type { RoleCounts } from '../../../core/roles.ts'

const small = { prefill: 2, decode: 4 }
const large = { prefill: 4, decode: 8 }
const manual = { control: 'manual-scale', value: 'on' } as const

const fleetOf = (counts: RoleCounts, load: Load, spec = specification()) => {
  const story = deciderStory({ spec })
  story.fleet(counts)
  story.load(load)
  story.pass(40)
  return story
}

type Story = ReturnType<typeof fleetOf>
const scaleByHand = (story: Story, counts: RoleCounts, seconds = 7200) => story.order({ ...manual, counts, seconds })

describe('growing by hand', () => {
  it('needs no evidence of load, and says who ordered it', () => {
    const story = fleetOf(small, silence)
    expect(story.orders()).toEqual([])
    scaleByHand(story, large)
    story.pass(1)
    expect(story.orders()).toEqual(['scale-out 2P+4D → 4P+8D'])
    expect(story.decisions()[0]).toMatchObject({ reason: 'manual: 4P+8D by hand of ada: trial' })
    expect(story.decisions()[0]?.asks.map(({ policy }) => policy)).toEqual(['proportional', 'latency-guard', 'ratio', 'bounds', 'manual'])
  })

  it('stays there for its time, whatever the load does, and returns by itself', () => {
    const story = fleetOf(small, calm)
    scaleByHand(story, large, 300)
    const endsAt = story.now() + 300_000
    story.pass(1)
    story.commit()
    story.pass(200)
    story.load({ ...calm, decodeTps: 16_000 })
    story.pass(40)
    story.load(calm)
    story.pass(100)
    expect(story.reasons()).toContain('MANUAL')
    expect(story.orders()).toEqual(['scale-out 2P+4D → 4P+8D', 'scale-in 4P+8D → 2P+4D'])
    expect(story.decisions()[1]?.time).toBeGreaterThanOrEqual(endsAt)
  })

  it('shows in the conditions that the target does not follow the signals', () => {
    const story = fleetOf(small, calm)
    scaleByHand(story, large)
    story.pass(2)
    const active = () => story.state.services.get(service)?.conditions.find(({ type }) => type === 'ScalingActive')
    expect(active()).toMatchObject({ status: 'False', reason: 'MANUAL', message: '4P+8D by hand of ada: trial' })
    story.order({ control: 'manual-scale', value: 'released' })
    story.pass(1)
    expect(active()).toMatchObject({ status: 'True' })
  })

  it('needs to know what is there', () => {
    const story = fleetOf(small, calm)
    story.silence()
    story.pass(20)
    scaleByHand(story, large)
    story.pass(30)
    expect(story.orders()).toEqual([])
    expect(story.holds().at(-1)).toMatchObject({ reason: 'EVIDENCE_STALE', detail: expect.stringContaining('instances') })
  })

  it('keeps bounds, band and rate', () => {
    const rate = { policies: [{ type: 'Instances' as const, value: 4, periodSeconds: 60 }] }
    const story = fleetOf(small, calm, specification({ roles: { prefill: { maxReplicas: 5 }, decode: { maxReplicas: 10 } }, behavior: { scaleUp: rate } }))
    scaleByHand(story, { prefill: 8, decode: 16 })
    story.pass(1)
    expect(story.orders()).toEqual(['scale-out 2P+4D → 5P+8D'])
    story.commit()
    story.pass(70)
    story.commit()
    story.pass(70)
    expect(story.orders()).toEqual(['scale-out 2P+4D → 5P+8D', 'scale-out 5P+8D → 5P+10D'])
    expect(story.reasons().at(-1)).toBe('MANUAL')
    expect(story.decisions()[1]?.asks.at(-1)).toMatchObject({ policy: 'manual', direction: 'out', target: { prefill: 5, decode: 10 } })
    const lopsided = fleetOf(small, calm)
    scaleByHand(lopsided, { prefill: 2, decode: 12 })
    lopsided.pass(1)
    const { prefill, decode } = lopsided.lastIntent().target
    expect(prefill).toBeGreaterThan(2)
    expect(prefill / decode).toBeGreaterThanOrEqual(0.25)
  })

  it('does not wait for the cooldown, but rests after a failure and does not hurry where orders come to nothing', () => {
    const story = fleetOf(small, { ...calm, decodeTps: 8000 })
    story.commit()
    story.pass(10)
    scaleByHand(story, { prefill: 5, decode: 10 })
    story.pass(1)
    expect(story.orders().at(-1)).toBe('scale-out 4P+8D → 5P+10D')
    story.report('halted')
    story.pass(9)
    expect(story.orders()).toHaveLength(2)
    story.pass(1)
    expect(story.orders()).toHaveLength(3)
    story.report('refused')
    story.pass(50)
    expect(story.reasons().at(-1)).toBe('FAILURE_BACKOFF')
    expect(story.orders()).toHaveLength(3)
  })
})

describe('shrinking by hand', () => {
  const busy: Load = { ...calm, decodeTps: 8000 }

  it('is the operator’s word against a busy, slow, waiting service, and within the removal rate', () => {
    const one = { policies: [{ type: 'Instances' as const, value: 3, periodSeconds: 60 }] }
    const story = fleetOf(large, { ...busy, ttftMsP95: 950, queueDepth: 30 }, specification({ behavior: { scaleDown: one } }))
    expect(story.orders()).toEqual([])
    scaleByHand(story, small)
    story.pass(1)
    expect(story.orders()).toEqual(['scale-in 4P+8D → 2P+5D'])
    story.pass(70)
    expect(story.orders()).toHaveLength(1)
    expect(story.reasons().at(-1)).toBe('ROLLOUT_OPEN')
    story.commit()
    story.pass(70)
    expect(story.orders()).toEqual(['scale-in 4P+8D → 2P+5D', 'scale-in 2P+5D → 2P+4D'])
  })

  const untimed: Load = { decodeTps: 8000, ttftMsP95: 300, queueDepth: 0, requests: 50, heartbeat: true }
  it.each<[string, Load, Load, string]>([
    ['has stopped to come', busy, {}, 'EVIDENCE_STALE'],
    ['never came', untimed, untimed, 'EVIDENCE_MISSING'],
    ['comes from half of the fleet', busy, { ...busy, heard: { prefill: 2, decode: 4 } }, 'COVERAGE_LOW'],
  ])('is refused on evidence that %s', (_what, before, then, reason) => {
    const story = fleetOf(large, before)
    story.load(then)
    story.pass(20)
    scaleByHand(story, small)
    story.pass(60)
    expect(story.orders()).toEqual([])
    expect(story.reasons().at(-1)).toBe(reason)
  })

  it('goes on once the evidence is there again', () => {
    const story = fleetOf(large, busy)
    story.load({})
    story.pass(20)
    scaleByHand(story, small)
    story.pass(5)
    story.load(busy)
    story.pass(40)
    expect(story.orders()).toEqual(['scale-in 4P+8D → 2P+4D'])
  })

  it('never goes below minReplicas', () => {
    const story = fleetOf(large, busy)
    scaleByHand(story, { prefill: 0, decode: 0 })
    story.pass(1)
    expect(story.orders()).toEqual(['scale-in 4P+8D → 1P+2D'])
    story.commit()
    story.pass(30)
    expect(story.reasons().at(-1)).toBe('MANUAL')
  })

  it('grows back when its time is over', () => {
    const story = fleetOf(large, busy)
    scaleByHand(story, small, 120)
    story.pass(1)
    story.commit()
    story.pass(118)
    expect(story.orders()).toHaveLength(1)
    story.pass(40)
    expect(story.orders().at(-1)).toBe('scale-out 2P+4D → 4P+8D')
  })
})

describe('counts by hand', () => {
  it('wait for every stop, which is stronger', () => {
    for (const [control, value, release] of [
      ['kill-switch', 'on', 'released'],
      ['freeze', 'on', 'released'],
      ['mode', 'paused', 'auto'],
    ] as const) {
      const story = fleetOf(small, calm)
      story.order({ control, value })
      scaleByHand(story, large)
      story.pass(30)
      expect(story.orders()).toEqual([])
      story.order({ control, value: release })
      story.pass(1)
      expect(story.orders()).toEqual(['scale-out 2P+4D → 4P+8D'])
    }
  })

  it('are only recommended in a mode that recommends', () => {
    const story = fleetOf(small, calm)
    story.order({ control: 'mode', value: 'recommend' })
    scaleByHand(story, large)
    story.pass(5)
    expect(story.orders()).toEqual([])
    expect(story.holds().at(-1)?.detail).toMatch(/^would scale-out 2P\+4D -> 4P\+8D: manual: 4P\+8D by hand of ada/)
  })

  it('do not undercut a raised minimum, nor keep what a lowered maximum forbids', () => {
    const story = fleetOf(large, calm)
    scaleByHand(story, large)
    story.configure(specification({ roles: { prefill: { minReplicas: 6 }, decode: { minReplicas: 12 } } }), 2)
    story.pass(2)
    expect(story.orders()).toEqual(['scale-out 4P+8D → 6P+12D'])
    story.commit()
    story.configure(specification({ roles: { prefill: { maxReplicas: 3 }, decode: { maxReplicas: 6 } } }), 3)
    scaleByHand(story, { prefill: 6, decode: 12 })
    story.pass(120)
    expect(story.orders().at(-1)).toBe('scale-in 6P+12D → 3P+6D')
  })
})
