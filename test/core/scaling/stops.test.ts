import { describe, expect, it } from 'vitest'
import type { ControlKind, ControlValue } from '../../../core/events/control.ts'
import { decideAgain } from '../../../core/scaling/decide.ts'
import { calm, deciderStory, foldAll, service, snapshotsOf } from '../../support/decider-story.ts'
import type { StoryOptions } from '../../support/decider-story.ts'

const small = { prefill: 2, decode: 4 }
const large = { prefill: 4, decode: 8 }

/** 2P+4D under a load that needs 4P+8D. */
const underfed = (options: StoryOptions = {}) => {
  const story = deciderStory(options)
  story.fleet(small)
  story.load({ ...calm, decodeTps: 8000 })
  return story
}

/** 4P+8D under a load that needs 2P+4D. */
const oversized = () => {
  const story = deciderStory()
  story.fleet(large)
  story.load({ ...calm, decodeTps: 4000 })
  return story
}

type Story = ReturnType<typeof underfed>
const stateOf = (story: Story) => story.state.services.get(service)
const scalingActive = (story: Story) => stateOf(story)?.conditions.find(({ type }) => type === 'ScalingActive')

const stops: readonly [reason: string, control: ControlKind, value: ControlValue, release: ControlValue][] = [
  ['KILL_SWITCH', 'kill-switch', 'on', 'released'],
  ['FROZEN', 'freeze', 'on', 'released'],
  ['PAUSED', 'mode', 'paused', 'auto'],
]

describe.each(stops)('%s', (reason, control, value, release) => {
  it('holds what the load asks for, says who ordered it and why, and lets go on its release', () => {
    const story = underfed()
    story.order({ control, value })
    story.pass(60)
    expect(story.orders()).toEqual([])
    expect(story.holds().at(-1)).toMatchObject({ reason, detail: expect.stringMatching(/by ada: trial$/) })
    expect(scalingActive(story)).toMatchObject({ status: 'False', reason, message: expect.stringContaining('by ada: trial') })
    story.order({ control, value: release })
    story.pass(1)
    expect(story.orders()).toEqual(['scale-out 2P+4D → 4P+8D'])
    expect(scalingActive(story)).toMatchObject({ status: 'True' })
  })

  it('holds a scale-in as well', () => {
    const story = oversized()
    story.pass(20)
    story.order({ control, value })
    story.pass(120)
    expect(story.orders()).toEqual([])
    expect(story.holds().at(-1)?.asks).toContainEqual(expect.objectContaining({ policy: 'proportional', direction: 'in' }))
    story.order({ control, value: release })
    story.pass(1)
    expect(story.orders()).toEqual(['scale-in 4P+8D → 2P+4D'])
  })

  it('ends by itself when it has an end', () => {
    const story = underfed()
    story.order({ control, value, seconds: 45 })
    const endsAt = story.now() + 45_000
    story.pass(44)
    expect(story.orders()).toEqual([])
    story.silence()
    story.pass(2)
    expect(story.orders()).toEqual(['scale-out 2P+4D → 4P+8D'])
    expect(story.decisions()[0]?.time).toBe(endsAt)
  })
})

describe('a mode that recommends', () => {
  it('holds the order and says what it would have done', () => {
    const story = underfed()
    story.order({ control: 'mode', value: 'recommend' })
    story.pass(60)
    expect(story.orders()).toEqual([])
    expect(story.holds().at(-1)).toMatchObject({
      reason: 'RECOMMEND_ONLY',
      detail: expect.stringMatching(/^would scale-out 2P\+4D -> 4P\+8D: proportional: decodeTps 8000 .*; mode recommend for service\/chat by ada: trial$/),
    })
    expect(scalingActive(story)).toMatchObject({ status: 'False', reason: 'RECOMMEND_ONLY' })
    story.order({ control: 'mode', value: 'auto' })
    story.pass(1)
    expect(story.orders()).toEqual(['scale-out 2P+4D → 4P+8D'])
  })

  it('writes each recommendation once, and every hold into the chain', () => {
    const story = underfed()
    story.order({ control: 'mode', value: 'recommend' })
    story.pass(60)
    story.load({ ...calm, decodeTps: 12_000 })
    story.pass(60)
    const wanted = story.holds().filter(({ reason }) => reason === 'RECOMMEND_ONLY').map(({ detail }) => detail.split(':')[0])
    expect(wanted.at(0)).toBe('would scale-out 2P+4D -> 4P+8D')
    expect(wanted.at(-1)).toBe('would scale-out 2P+4D -> 6P+12D')
    expect(new Set(wanted).size).toBe(wanted.length)
    expect(story.holds().at(-1)?.holds).toBeGreaterThan(story.holds().length)
  })

  it('keeps the reason of what would have been held anyway', () => {
    const story = deciderStory()
    story.fleet(small)
    story.load(calm)
    story.order({ control: 'mode', value: 'recommend' })
    story.pass(30)
    expect(story.reasons()).toEqual(['INSTANCES_UNKNOWN', 'INSIDE_TOLERANCE'])
    expect(scalingActive(story)).toMatchObject({ status: 'False', reason: 'RECOMMEND_ONLY' })
  })
})

describe('a control that ends by itself', () => {
  it('is over at its end although nothing is heard of the service, and another reason holds it', () => {
    const story = deciderStory()
    story.fleet(small)
    story.load(calm)
    story.order({ control: 'mode', value: 'recommend', seconds: 60 })
    const endsAt = story.now() + 60_000
    story.pass(20)
    story.silence()
    story.pass(60)
    expect(scalingActive(story)).toMatchObject({ reason: 'EvidenceIncomplete' })
    expect(story.of('ServiceAccepted').at(-1)?.time).toBe(endsAt)
  })
})

describe('of two stops', () => {
  it('the stronger one is named, and the weaker one when that is released', () => {
    const story = underfed()
    story.order({ control: 'mode', value: 'recommend' })
    story.order({ control: 'freeze', value: 'on' })
    story.order({ control: 'kill-switch', value: 'on' })
    story.pass(30)
    expect(story.reasons()).toEqual(['KILL_SWITCH'])
    story.order({ control: 'kill-switch', value: 'released' })
    story.pass(1)
    story.order({ control: 'freeze', value: 'released' })
    story.pass(1)
    expect(story.reasons()).toEqual(['KILL_SWITCH', 'FROZEN', 'RECOMMEND_ONLY'])
    expect(story.orders()).toEqual([])
  })

  it('a stop comes before what the evidence says', () => {
    const story = deciderStory()
    story.order({ control: 'kill-switch', value: 'on' })
    story.pass(30)
    expect(story.reasons()).toEqual(['KILL_SWITCH'])
  })
})

describe('controls that nobody has told', () => {
  it('hold everything, bounds included, until they are told', () => {
    const story = underfed({ controlled: false })
    story.pass(60)
    expect(story.orders()).toEqual([])
    expect(story.reasons()).toEqual(['CONTROLS_UNKNOWN'])
    expect(scalingActive(story)).toMatchObject({ status: 'False', reason: 'CONTROLS_UNKNOWN' })
    story.tellControls()
    story.pass(1)
    expect(story.orders()).toEqual(['scale-out 2P+4D → 4P+8D'])
  })

  it('are those of a service that was removed and configured again', () => {
    const story = underfed()
    story.append({ type: 'ServiceRemoved', service, author: 'ada', time: story.now() })
    expect(stateOf(story)).toBeUndefined()
    story.configure(JSON.parse(JSON.stringify(specificationOf(story))), 7)
    story.pass(10)
    expect(story.reasons()).toEqual(['CONTROLS_UNKNOWN'])
  })

  it('are not made known by what rests on less, or on as much, as is known', () => {
    const story = underfed()
    story.order({ control: 'mode', value: 'auto' })
    story.order({ control: 'kill-switch', value: 'on' })
    for (const controlsEnd of [0, 1, 2]) story.tellControls({ controlsEnd, directives: [] })
    story.pass(60)
    expect(story.reasons()).toEqual(['KILL_SWITCH'])
    story.tellControls({ controlsEnd: 3, directives: [] })
    story.pass(1)
    expect(story.orders()).toHaveLength(1)
  })
})

const specificationOf = (story: Story) => {
  const configured = story.inputs.flatMap(({ event }) => (event.type === 'ServiceConfigured' ? [event.manifest] : []))
  return (JSON.parse(configured[0] ?? '') as { spec: never }).spec
}

describe('a rollout that a stop holds up', () => {
  const hours = 3 * 3600

  /** 2P+4D → 4P+8D is on its way; ready deadline 120 s. */
  const onItsWay = () => {
    const story = underfed()
    story.pass(20)
    story.report('placed', { group: 'g-1', ...large })
    return story
  }

  it('is not given up while it waits, and from its release on has its whole time again', () => {
    const story = onItsWay()
    story.order({ control: 'kill-switch', value: 'on' })
    story.report('halted', { group: 'g-1', step: 'apply' })
    story.pass(hours)
    expect(stateOf(story)?.openIntents).toHaveLength(1)
    story.order({ control: 'kill-switch', value: 'released' })
    story.pass(239)
    expect(stateOf(story)?.openIntents).toHaveLength(1)
    expect(story.of('IntentExpired')).toEqual([])
    story.pass(2)
    expect(story.of('IntentExpired')).toHaveLength(1)
  })

  it('counts from the last moment of the stop, also when nothing was heard of the service for long', () => {
    const story = onItsWay()
    story.silence()
    story.order({ control: 'kill-switch', value: 'on' })
    story.pass(hours + 100)
    story.order({ control: 'kill-switch', value: 'released' })
    story.pass(239)
    expect(story.of('IntentExpired')).toEqual([])
    story.pass(2)
    expect(story.of('IntentExpired')).toHaveLength(1)
  })

  it('counts from the end of a stop that ended by itself', () => {
    const story = onItsWay()
    story.order({ control: 'freeze', value: 'on', seconds: hours })
    story.pass(hours + 230)
    expect(story.of('IntentExpired')).toEqual([])
    story.pass(20)
    expect(story.of('IntentExpired')).toHaveLength(1)
  })

  it('stands halted and resumed in `rollouts`, and is committed as usual', () => {
    const story = onItsWay()
    story.report('halted', { group: 'g-1', step: 'apply', detail: 'freeze on' })
    story.report('resumed', { group: 'g-1', step: 'apply' })
    expect(story.of('RolloutStepDone')).toMatchObject([{ outcome: 'halted', detail: 'freeze on', step: 'apply' }, { outcome: 'resumed' }])
    story.report('committed', { group: 'g-1', ...large })
    story.report('completed')
    expect(stateOf(story)).toMatchObject({ settled: large, openIntents: [] })
  })
})

describe('an intent that was halted before anything was begun', () => {
  it('is closed without a failure, so that growth does not rest for it', () => {
    const story = underfed()
    story.pass(20)
    story.report('halted', { detail: 'freeze on for fleet by ada: trial' })
    expect(stateOf(story)).toMatchObject({ openIntents: [], settled: small, memory: { failedAtMs: null } })
    expect(story.of('IntentRefused')).toMatchObject([{ detail: 'freeze on for fleet by ada: trial' }])
    story.pass(60)
    expect(story.reasons()).not.toContain('FAILURE_BACKOFF')
    expect(story.orders()).toEqual(['scale-out 2P+4D → 4P+8D', 'scale-out 2P+4D → 4P+8D'])
  })
})

describe('controls in the record', () => {
  const history = () => {
    const story = underfed()
    story.order({ control: 'freeze', value: 'on', seconds: 40 })
    story.pass(60)
    story.commit()
    story.order({ control: 'manual-scale', value: 'on', counts: { prefill: 3, decode: 6 }, seconds: 100 })
    story.order({ control: 'mode', value: 'recommend', seconds: 30 })
    story.pass(90)
    return story
  }

  it('are part of a snapshot: folding on from one gives the bytes of the whole', () => {
    const { inputs, state } = history()
    for (const cut of [10, 60, 120, 200]) {
      const before = foldAll(inputs.slice(0, cut))
      const after = foldAll(inputs.slice(cut), snapshotsOf(before.state))
      expect(snapshotsOf(after.state)).toEqual(snapshotsOf(state))
    }
  })

  it('stand in a decision’s argument: executed alone it gives the same order', () => {
    const story = history()
    expect(story.orders().at(-1)).toBe('scale-in 4P+8D → 3P+6D')
    for (const { argument, to } of story.decisions()) expect(decideAgain(argument)).toMatchObject({ order: { to } })
    const { argument } = story.decisions().at(-1) ?? { argument: '' }
    const stopped = { ...JSON.parse(argument), controls: null }
    expect(decideAgain(JSON.stringify(stopped))).toMatchObject({ hold: { reason: 'CONTROLS_UNKNOWN' } })
  })

  it('take no more room than each control has once for the fleet and once for the service', () => {
    const story = underfed()
    story.order({ control: 'mode', value: 'paused' })
    const [directive] = stateOf(story)?.controls?.directives ?? []
    if (!directive) throw new Error('expected a directive')
    story.tellControls({ controlsEnd: 99, directives: Array.from({ length: 1000 }, () => directive) })
    expect(stateOf(story)?.controls?.directives).toHaveLength(8)
  })
})
