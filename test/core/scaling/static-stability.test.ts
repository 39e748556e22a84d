/** Nothing moves while nobody says anything: an hour without collectors, and what comes after it (DESIGN 10, S6 and S12). */
import { describe, expect, it } from 'vitest'
import { calm, deciderStory, silence } from '../../support/decider-story.ts'

const hour = 3_600
const large = { prefill: 4, decode: 8 }

describe('an hour without evidence', () => {
  it('changes no count while the collector is down and the sub-clusters still report', () => {
    const story = deciderStory()
    story.fleet(large)
    story.load({ ...calm, decodeTps: 8_000 })
    story.pass(90)
    story.load(silence)
    story.pass(hour)
    expect(story.orders()).toEqual([])
    expect(story.reasons().at(-1)).toMatch(/^EVIDENCE_/)
  })

  it('is followed by no catching up: the first order after it is what the load of that moment asks for', () => {
    const story = deciderStory()
    story.fleet(large)
    story.load({ ...calm, decodeTps: 8_000 })
    story.pass(90)
    story.silence()
    story.pass(hour)
    expect(story.orders()).toEqual([])
    story.fleet(large)
    story.load({ ...calm, decodeTps: 12_000 })
    story.pass(50)
    expect(story.orders()).toEqual(['scale-out 4P+8D → 6P+12D'])
  })
})
