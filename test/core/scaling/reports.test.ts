import { describe, expect, it } from 'vitest'
import { calm, deciderStory, instances, service } from '../../support/decider-story.ts'

const busy = { ...calm, decodeTps: 8000 }

/** One intent 2P+4D → 4P+8D is on its way. */
const ordered = () => {
  const story = deciderStory()
  story.fleet({ prefill: 2, decode: 4 })
  story.load(busy)
  story.pass(20)
  return story
}
const group = { group: 'g-1' }
const stateOf = (story: ReturnType<typeof ordered>) => story.state.services.get(service)

describe('reports of rollouts', () => {
  it('become facts of `rollouts`', () => {
    const story = ordered()
    story.report('placed', { ...group, prefill: 4, decode: 8 })
    story.report('step-done', { ...group, step: 'apply' })
    story.report('committed', { ...group, prefill: 4, decode: 8 })
    story.report('completed')
    const facts = story.emitted.filter(({ topic }) => topic === 'rollouts').map(({ event }) => event)
    expect(facts).toMatchObject([
      { type: 'RolloutPlaced', group: 'g-1', target: { prefill: 4, decode: 8 }, sequence: 1 },
      { type: 'RolloutStepDone', step: 'apply', outcome: 'step-done' },
      { type: 'RolloutCommitted', counts: { prefill: 4, decode: 8 } },
      { type: 'IntentCompleted', partial: false },
    ])
  })

  it('are folded once per id', () => {
    const story = ordered()
    const report = { ...group, prefill: 4, decode: 8 }
    expect(story.report('placed', report)).toHaveLength(1)
    expect(story.report('placed', report)).toEqual([])
  })

  it('of a closed intent are ignored', () => {
    const story = ordered()
    story.report('superseded')
    expect(story.report('committed', group)).toEqual([])
    expect(story.report('completed')).toEqual([])
  })

  it('keep the whole target as the present one when all of it was reached', () => {
    const story = ordered()
    story.commit()
    expect(stateOf(story)).toMatchObject({ settled: { prefill: 4, decode: 8 }, openIntents: [] })
  })

  it('leave the counts as they were when an intent was refused before anything began', () => {
    const story = ordered()
    story.report('refused', { detail: 'needs 16 H20, 8 are free' })
    expect(stateOf(story)).toMatchObject({ settled: { prefill: 2, decode: 4 }, openIntents: [] })
    story.pass(30)
    expect(story.reasons().at(-1)).toBe('FAILURE_BACKOFF')
  })

  it('of a part make the decider wait for what is observed after it, and go on from there', () => {
    const story = ordered()
    story.report('placed', { ...group, prefill: 4, decode: 8 })
    story.report('completed', { partial: true })
    story.fleet({ prefill: 3, decode: 6 })
    story.pass(1)
    expect(story.reasons().at(-1)).toBe('INSTANCES_UNKNOWN')
    story.pass(10)
    expect(stateOf(story)?.settled).toEqual({ prefill: 3, decode: 6 })
  })

  it('of a stuck group close its intent, show the condition, and still tell of its repair', () => {
    const story = ordered()
    story.report('placed', { ...group, prefill: 4, decode: 8 })
    story.report('stuck', { ...group, step: 'undo/apply' })
    story.report('completed', { partial: true })
    story.pass(10)
    const ableToScale = () => story.of('ServiceAccepted').at(-1)?.conditions.find(({ type }) => type === 'AbleToScale')
    expect(ableToScale()).toMatchObject({ status: 'False', reason: 'RolloutStuck' })
    expect(story.report('repaired', { ...group, step: 'undo/apply' })).toHaveLength(1)
    expect(story.report('rolled-back', group)).toMatchObject([{ event: { type: 'RolloutRolledBack', group: 'g-1' } }])
    expect(stateOf(story)?.stuckGroups).toEqual([])
    story.pass(100)
    expect(ableToScale()).toMatchObject({ status: 'True' })
  })
})

describe('an intent that nobody reports on', () => {
  it('counts as lost two ready deadlines after its expiry, and the decider goes on from what it observes', () => {
    const story = ordered()
    story.load(calm)
    // Time to live 60 s, ready deadline 120 s.
    story.pass(290)
    expect(story.of('IntentExpired')).toEqual([])
    story.pass(20)
    expect(story.of('IntentExpired')).toMatchObject([{ intentId: story.lastIntent().intentId, sequence: 1 }])
    expect(stateOf(story)).toMatchObject({ openIntents: [], settled: { prefill: 2, decode: 4 } })
  })
})

describe('counts that somebody else changed', () => {
  it('are where the next order starts from', () => {
    const story = deciderStory()
    story.fleet({ prefill: 2, decode: 4 })
    story.load(calm)
    story.pass(30)
    story.fleet({ prefill: 1, decode: 2 })
    story.pass(20)
    expect(story.orders()).toEqual(['scale-out 1P+2D → 2P+4D'])
  })

  it('are doubted for a minute when most of them vanished without an order', () => {
    const story = deciderStory()
    story.fleet({ prefill: 4, decode: 8 })
    story.load(busy)
    story.pass(30)
    story.fleet({ prefill: 0, decode: 0 })
    story.pass(50)
    expect(stateOf(story)?.settled).toEqual({ prefill: 4, decode: 8 })
    story.fleet({ prefill: 4, decode: 8 })
    story.pass(60)
    expect(stateOf(story)).toMatchObject({ settled: { prefill: 4, decode: 8 }, doubtedSinceMs: null })
    expect(story.orders()).toEqual([])
    story.fleet({ prefill: 0, decode: 0 })
    story.pass(70)
    expect(stateOf(story)?.settled).toEqual({ prefill: 0, decode: 0 })
  })

  it('are summed over sub-clusters, whatever the order of their reports', () => {
    const story = deciderStory()
    story.fleet({ prefill: 1, decode: 2 })
    story.load(calm)
    story.pass(4)
    const now = story.now()
    story.append(instances({ prefill: 1, decode: 2 }, { now, subCluster: 'west' }))
    story.append(instances({ prefill: 9, decode: 9 }, { now: now - 1, subCluster: 'west' }))
    story.pass(20)
    expect(stateOf(story)?.settled).toEqual({ prefill: 2, decode: 4 })
  })
})
