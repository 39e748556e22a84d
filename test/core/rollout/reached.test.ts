/** When a rollout may go on: what counts as scheduled, ready, registered and gone. */
import { describe, expect, it } from 'vitest'
import type { Step, WaitKind } from '../../../core/rollout/plan.ts'
import { reached, withdrawn } from '../../../core/rollout/reached.ts'
import { counts, groupWith, instance } from './group-status.ts'

const step = (kind: WaitKind): Step => ({ id: kind, kind, group: 'g', counts: counts(1, 2), before: counts(0, 0), inverse: null })
const whole = groupWith(counts(1, 2), { ready: counts(1, 2), registered: counts(1, 2) })
const withAlso = (...more: typeof whole.instances) => ({ ...whole, instances: [...whole.instances, ...more] })

describe('registered', () => {
  it('is reached when exactly the target serves', () => {
    expect(reached(step('await-registered'), whole).done).toBe(true)
    expect(reached(step('await-registered'), withAlso(instance('decode', 7, { registered: true }))).done).toBe(false)
  })

  it('is not made up by an instance that failed with its gate open', () => {
    const [prefill, first, second] = whole.instances
    const broken = { ...whole, instances: [prefill, first, { ...second, phase: 'failed' as const }] as typeof whole.instances }
    expect(reached(step('await-registered'), broken)).toEqual({ done: false, detail: 'registered 1 of 1 prefill, 1 of 2 decode' })
  })

  it('is not held up by one that failed beside a whole set', () => {
    expect(reached(step('await-registered'), withAlso(instance('decode', 7, { registered: true, phase: 'failed' }))).done).toBe(true)
  })
})

describe('scheduled', () => {
  it('leaves out instances that failed or are on their way out', () => {
    const scheduled = reached(step('await-scheduled'), {
      ...whole,
      instances: [instance('prefill', 0), instance('decode', 1, { phase: 'failed' }), instance('decode', 2, { phase: 'terminating' })],
    })
    expect(scheduled.detail).toBe('scheduled 1 of 1 prefill, 0 of 2 decode')
  })
})

describe('gone', () => {
  it('counts everything that still holds a node, a terminating instance too', () => {
    expect(reached(step('await-gone'), withAlso(instance('decode', 7, { phase: 'terminating' }))).done).toBe(false)
    expect(reached(step('await-gone'), null).done).toBe(true)
  })
})

describe('withdrawn', () => {
  it('waits for every open gate above the target, also that of a failed instance', () => {
    expect(withdrawn(whole).done).toBe(true)
    expect(withdrawn(withAlso(instance('decode', 7, { registered: true, phase: 'failed' }))).done).toBe(false)
  })
})
