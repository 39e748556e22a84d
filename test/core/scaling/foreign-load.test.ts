/** A service whose throughput a foreign producer reports, and whose engines nobody else measures. */
import { describe, expect, it } from 'vitest'
import { deciderStory, type Load } from '../../support/decider-story.ts'

/** What a gateway knows: tokens per second. The collector tells instances and its heartbeat. */
const gateway = (decodeTps: number, more: Load = {}): Load => ({ decodeTps, heartbeat: true, ...more })

describe('a service with throughput from outside', () => {
  it('is scaled out on throughput alone: that no latency is known forbids nothing', () => {
    const story = deciderStory()
    story.fleet({ prefill: 2, decode: 4 })
    story.load(gateway(8000))
    story.pass(30)
    expect(story.orders()).toEqual(['scale-out 2P+4D → 4P+8D'])
  })

  it('is scaled out although the producer heard few instances', () => {
    const story = deciderStory()
    story.fleet({ prefill: 2, decode: 4 })
    story.load(gateway(8000, { heard: { prefill: 0, decode: 1 } }))
    story.pass(30)
    expect(story.orders()).toEqual(['scale-out 2P+4D → 4P+8D'])
  })

  it('is not scaled in while latency is unknown, and is once the producer reports it', () => {
    const story = deciderStory()
    story.fleet({ prefill: 4, decode: 8 })
    story.load(gateway(4000))
    story.pass(200)
    expect(story.orders()).toEqual([])
    expect(story.reasons()).toContain('EVIDENCE_MISSING')
    story.load(gateway(4000, { ttftMsP95: 300, tbtMsP95: 20, requests: 50 }))
    story.pass(200)
    expect(story.orders()[0]).toBe('scale-in 4P+8D → 2P+4D')
  })

  it('is not scaled in when the producer heard too few instances', () => {
    const story = deciderStory()
    story.fleet({ prefill: 4, decode: 8 })
    story.load(gateway(4000, { ttftMsP95: 300, tbtMsP95: 20, requests: 50, heard: { prefill: 4, decode: 6 } }))
    story.pass(200)
    expect(story.orders()).toEqual([])
    expect(story.reasons()).toContain('COVERAGE_LOW')
  })

  it('keeps its size at zero: only a collector that asked the engines can prove that nobody asks', () => {
    const story = deciderStory()
    story.fleet({ prefill: 4, decode: 8 })
    story.load({ ...gateway(0, { ttftMsP95: null, tbtMsP95: null, requests: 0 }), heartbeat: false })
    story.pass(200)
    expect(story.orders()).toEqual([])
    expect(story.reasons()).toContain('EVIDENCE_FAILED')
  })
})
