/** Every record has topics that carry it, and stands under the name that it speaks of. */
import { describe, expect, it } from 'vitest'
import { refusalOf } from '../../../core/events/admission.ts'
import { topicNames, topics } from '../../../core/topics.ts'
import { samples } from '../../schemas/samples.ts'

const keyOf = (event: object): string => {
  if ('scope' in event && 'control' in event) return `${String(event.scope)}/${String(event.control)}`
  return 'service' in event ? String(event.service) : 'cell' in event ? String(event.cell) : 'any'
}

describe('admission', () => {
  it('lets every event onto exactly the topics that carry it', () => {
    for (const event of Object.values(samples)) {
      const admitting = topicNames.filter((topic) => refusalOf(topic, keyOf(event), event) === null)
      expect(admitting, event.type).toEqual(topicNames.filter((topic) => (topics[topic].carries as readonly string[]).includes(event.type)))
      expect(admitting.length, event.type).toBeGreaterThan(0)
    }
  })

  it('refuses a record under the key of another service or cell, or under none', () => {
    expect(refusalOf('signals', 'code', samples.TpsObserved)).toBe('E_EVENT_KEY_MISMATCH signals: key code; TpsObserved speaks of chat-70b')
    expect(refusalOf('signals', null, samples.TpsObserved)).toContain('key null')
    expect(refusalOf('cells', 'cell-2', samples.PlacementDecided)).toContain('E_EVENT_KEY_MISMATCH')
  })

  it('asks no key of a tick: it belongs to the partition', () => {
    expect(refusalOf('signals', null, samples.ClockTicked)).toBeNull()
  })
})
