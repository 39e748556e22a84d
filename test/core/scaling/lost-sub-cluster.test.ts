import { describe, expect, it } from 'vitest'
import { calm, deciderStory, instances, service, specification } from '../../support/decider-story.ts'

const half = { prefill: 1, decode: 2 }

/** Two sub-clusters with 1P+2D each; a scale-out to 4P+8D is undone, and from then on west says nothing any more. */
const afterUndoWithoutWest = (spec = specification()) => {
  const story = deciderStory({ spec })
  const pass = (seconds: number, isWestAlive: boolean): void => {
    for (let second = 0; second < seconds; second += 5) {
      if (isWestAlive) story.append(instances(half, { now: story.now(), subCluster: 'west' }))
      story.pass(5)
    }
  }
  story.fleet(half)
  story.load({ ...calm, decodeTps: 8000 })
  pass(30, true)
  story.report('placed', { group: 'g-2', prefill: 2, decode: 4 })
  story.report('rolled-back', { group: 'g-2', prefill: 0, decode: 0 })
  story.report('completed', { partial: true })
  return { story, pass, settled: () => story.state.services.get(service)?.settled }
}

describe('a sub-cluster that is lost together with a failed rollout', () => {
  it('stops the growth of the service for a minute, not for ever', () => {
    const { story, pass, settled } = afterUndoWithoutWest()
    expect(story.orders()).toEqual(['scale-out 2P+4D → 4P+8D'])
    pass(55, false)
    expect(settled()).toBeNull()
    expect(story.reasons().at(-1)).toBe('INSTANCES_UNKNOWN')
    pass(30, false)
    // West counts with what it said last.
    expect(story.orders()).toEqual(['scale-out 2P+4D → 4P+8D', 'scale-out 2P+4D → 4P+8D'])
  })

  it('keeps scale-in forbidden as long as it is silent, by stale evidence of instances', () => {
    const { story, pass } = afterUndoWithoutWest()
    story.load({ ...calm, decodeTps: 1000, heard: { prefill: 2, decode: 4 } })
    pass(400, false)
    expect(story.orders()).toHaveLength(1)
    expect(story.holds().at(-1)?.reason).toBe('EVIDENCE_STALE')
    expect(story.holds().at(-1)?.evidence.find(({ signal }) => signal === 'instances')?.state).toBe('stale')
  })

  it('waits as long as evidence may be old, so that nothing shrinks on counts that were only remembered', () => {
    const { pass, settled } = afterUndoWithoutWest(specification({ evidence: { staleAfterSeconds: 120 } }))
    pass(100, false)
    expect(settled()).toBeNull()
    pass(30, false)
    expect(settled()).toEqual({ prefill: 2, decode: 4 })
  })

  it('is believed at once when it comes back', () => {
    const { story, pass, settled } = afterUndoWithoutWest()
    story.load(calm)
    pass(90, false)
    expect(settled()).toEqual({ prefill: 2, decode: 4 })
    story.append(instances({ prefill: 2, decode: 3 }, { now: story.now(), subCluster: 'west' }))
    story.pass(5)
    expect(settled()).toEqual({ prefill: 3, decode: 5 })
  })

  it('is not remembered while nobody else has reported since: then nothing is known of what the rollout left', () => {
    const { story, settled } = afterUndoWithoutWest()
    story.silence()
    story.pass(300)
    expect(settled()).toBeNull()
  })
})
