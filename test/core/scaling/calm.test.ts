/** Samples that change nothing are not looked at; what is ordered is the same as if each had been. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stayCalm, woken } from '../../../core/scaling/calm.ts'
import { isDue } from '../../../core/scaling/evaluate.ts'
import type { PartitionState } from '../../../core/scaling/partition.ts'
import type { ServiceState } from '../../../core/scaling/service-state.ts'
import type { RoleCounts } from '../../../core/roles.ts'
import type { DisaggregatedServiceSpec } from '../../../core/service/specification.ts'
import { calm, deciderStory, service, specification } from '../../support/decider-story.ts'
import type { Load } from '../../support/decider-story.ts'

const spec = specification({ behavior: { scaleUp: { cooldownSeconds: 10 }, scaleDown: { cooldownSeconds: 10 } } })

type Step = Load & { readonly silent?: boolean }

type Telling = {
  readonly before?: (state: PartitionState) => void
  readonly rolloutSeconds?: number
  /** The service and what stands at first; small, and with no wait, unless given. */
  readonly of?: { readonly spec: DisaggregatedServiceSpec; readonly counts: RoleCounts }
}

const small = { spec, counts: { prefill: 2, decode: 4 } }
/** Removes seven tenths of what is too much, after a minute in which nothing more was wanted. */
const patient = {
  spec: specification({
    behavior: { scaleUp: { cooldownSeconds: 10 }, scaleDown: { cooldownSeconds: 40, stabilizationWindowSeconds: 60, damping: 0.7 } },
    warmupSeconds: 100,
  }),
  counts: { prefill: 8, decode: 16 },
}

/** A minute of steady load, then these loads, five seconds each; an order is carried out within the second unless it takes longer. */
const told = (loads: readonly Step[], { before = () => {}, rolloutSeconds = 0, of = small }: Telling = {}) => {
  const story = deciderStory({ spec: of.spec })
  let { counts } = of
  story.fleet(counts)
  story.load({ ...calm, decodeTps: 1000 * counts.decode })
  story.pass(60)
  for (const load of loads) {
    story.fleet(counts)
    story.load(load)
    if (load.silent) story.silence()
    for (let second = 0; second < 5; second++) {
      before(story.state)
      story.pass(1)
      const [order] = stateOf(story.state).openIntents
      if (order === undefined || story.now() < order.emittedAtMs + rolloutSeconds * 1000) continue
      counts = story.lastIntent().target
      story.commit()
    }
  }
  return story
}

/** No bounds stand when a sample comes; the looks at the end of its lateness, and when it turns stale, are due: as if bounds had never been left. */
const lookAtEverything = (state: PartitionState): void => {
  const known = state.services.get(service)
  if (!known) return
  state.services.set(service, woken(known, state.claim.lastTickMs))
}

const ordersOf = ({ decisions }: ReturnType<typeof told>) => decisions().map(({ kind, to, time }) => ({ kind, to, time }))

const holdsOf = ({ holds }: ReturnType<typeof told>) => holds().map(({ reason, time }) => ({ reason, time }))

const stateOf = (state: PartitionState): ServiceState => state.services.get(service) as ServiceState

describe('a service inside its tolerances', () => {
  it('is not looked at while all its sources are heard, and is when they turned stale', () => {
    const dueAt: number[] = []
    const story = deciderStory({ spec })
    const pass = (seconds: number): void => {
      for (let second = 0; second < seconds; second++) {
        if (isDue(stayCalm(stateOf(story.state), story.now() + 1000), story.now() + 1000)) dueAt.push((story.now() + 1000 - started) / 1000)
        story.pass(1)
      }
    }
    let started = 0
    story.fleet({ prefill: 2, decode: 4 })
    story.load(calm)
    story.pass(65)
    started = story.now()
    pass(60)
    expect(dueAt).toEqual([])
    expect(stateOf(story.state).calm).not.toBeNull()
    story.silence()
    pass(20)
    // Heard last at 60 s; stale after 15 s.
    expect(dueAt).toEqual([76])
    expect(stateOf(story.state).calm).toBeNull()
  })

  it.each([
    ['a load above its tolerance', { decodeTps: 4600 }],
    ['a load below its tolerance', { decodeTps: 3300 }],
    ['a load that could not be measured', { decodeTps: null }],
    ['a TTFT at the first tier of the guard', { ttftMsP95: 1000 }],
    ['a TBT at the first tier of the guard', { tbtMsP95: 40 }],
    ['a TTFT that could not be measured', { ttftMsP95: null }],
    ['a load of half of the instances', { heard: { prefill: 1, decode: 2 } }],
  ] as const)('looks at %s as soon as its lateness is over', (_, change) => {
    const story = told([calm])
    expect(stateOf(story.state).calm).not.toBeNull()
    story.load({ ...calm, ...change })
    story.pass(6)
    const { recheckAtMs, calm: bounds } = stateOf(story.state)
    // Either the look is due within the lateness, or it was taken and left no bounds behind.
    expect(bounds === null || (recheckAtMs !== null && recheckAtMs <= story.now() + 2000)).toBe(true)
  })

  it('notices at once that its instances changed', () => {
    const story = told([calm])
    story.fleet({ prefill: 2, decode: 3 })
    story.pass(6)
    expect(stateOf(story.state).settled).toEqual({ prefill: 2, decode: 3 })
  })
})

type Random = { decodeTps: number | null; ttftMsP95: number | null; tbtMsP95: number; queueDepth: number; silent: boolean }

const seconds = (decodeTps: number | null, length: number, silent = false): [Random, number] => [{ decodeTps, ttftMsP95: 200, tbtMsP95: 10, queueDepth: 0, silent }, length / 5]

describe('what is ordered', () => {
  const load = fc.record({
    decodeTps: fc.oneof(fc.integer({ min: 3300, max: 4700 }), fc.integer({ min: 0, max: 9000 }), fc.constant(null)),
    ttftMsP95: fc.oneof(fc.integer({ min: 200, max: 600 }), fc.integer({ min: 800, max: 1500 }), fc.constant(null)),
    tbtMsP95: fc.integer({ min: 10, max: 45 }),
    queueDepth: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 20 })),
    silent: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, fc.constant(true)),
  })

  /** Histories in which a stabilisation window once ended at another moment: it was remembered when somebody looked, not what was seen. */
  const found: [[Random, number][], number][] = [
    [[seconds(1, 20), seconds(0, 20)], 0],
    [[seconds(null, 15, true), seconds(5101, 30), seconds(3300, 20), seconds(0, 15, true)], 0],
  ]

  it('is the same as if each sample had been looked at', () => {
    let [orders, skipped] = [0, 0]
    fc.assert(
      fc.property(fc.array(fc.tuple(load, fc.integer({ min: 1, max: 6 })), { maxLength: 12 }), fc.integer({ min: 0, max: 20 }), (steps, rolloutSeconds) => {
        const loads = steps.flatMap(([step, times]) => Array.from({ length: times }, (): Step => ({ ...calm, ...step })))
        const [some, all] = [told(loads, { rolloutSeconds }), told(loads, { rolloutSeconds, before: lookAtEverything })]
        expect(ordersOf(some)).toEqual(ordersOf(all))
        expect(holdsOf(some)).toEqual(holdsOf(all))
        orders += some.decisions().length
        skipped += stateOf(all.state).holds - stateOf(some.state).holds
      }),
      { numRuns: 300, examples: found },
    )
    expect(orders).toBeGreaterThan(60)
    expect(skipped).toBeGreaterThan(100)
  }, 120_000)

  const fewer = fc.record({
    decodeTps: fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 6000, max: 13_000 }) }, fc.integer({ min: 4000, max: 18_000 })),
    ttftMsP95: fc.oneof({ weight: 6, arbitrary: fc.integer({ min: 100, max: 480 }) }, { weight: 4, arbitrary: fc.integer({ min: 500, max: 880 }) }, fc.integer({ min: 480, max: 1100 }), fc.constant(null)),
    tbtMsP95: fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 5, max: 19 }) }, { weight: 3, arbitrary: fc.integer({ min: 20, max: 35 }) }, fc.integer({ min: 19, max: 41 })),
    queueDepth: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 20 }), fc.constant(null)),
    decodeHeard: fc.oneof({ weight: 8, arbitrary: fc.constant(1) }, fc.double({ min: 0.7, max: 1, noNaN: true })),
    ripple: fc.constantFrom(0.002, 0.01, 0.03),
    latencyRipple: fc.constantFrom(0.001, 0.01, 0.02, 0.05),
    silent: fc.oneof({ weight: 12, arbitrary: fc.constant(false) }, fc.constant(true)),
  })

  it('is the same as if each sample had been looked at, also while fewer are wanted and a time has to pass', () => {
    const skipped = new Map<string, number>()
    const noteWaits = (state: PartitionState): void => {
      const { calm: bounds, holdReason, hasNewInput } = stateOf(state)
      if (bounds === null || bounds.voices === null || hasNewInput) return
      for (const what of [holdReason, ...(bounds.ttftMs.least > 0 ? ['steady TTFT'] : []), ...(bounds.tbtMs.least > 0 ? ['steady TBT'] : [])]) skipped.set(what, (skipped.get(what) ?? 0) + 1)
    }
    let orders = 0
    fc.assert(
      fc.property(fc.array(fc.tuple(fewer, fc.integer({ min: 1, max: 12 })), { minLength: 3, maxLength: 10 }), fc.integer({ min: 0, max: 20 }), (steps, rolloutSeconds) => {
        const loads = steps.flatMap(([{ decodeHeard, decodeTps, ripple, latencyRipple, ttftMsP95, tbtMsP95, ...rest }, times]) =>
          Array.from({ length: times }, (_, index): Step => ({
            ...calm,
            ...rest,
            decodeTps: Math.round(decodeTps * (1 + ripple * (((7 * index) % 5) - 2))),
            ttftMsP95: ttftMsP95 === null ? null : ttftMsP95 * (1 + latencyRipple * (((3 * index) % 5) - 2)),
            tbtMsP95: tbtMsP95 * (1 + latencyRipple * (((2 * index) % 5) - 2)),
            ...(decodeHeard < 1 ? { heard: { prefill: 8, decode: Math.floor(16 * decodeHeard) } } : {}),
          })),
        )
        const some = told(loads, { rolloutSeconds, of: patient, before: noteWaits })
        const all = told(loads, { rolloutSeconds, of: patient, before: lookAtEverything })
        expect(ordersOf(some)).toEqual(ordersOf(all))
        expect(holdsOf(some)).toEqual(holdsOf(all))
        orders += some.decisions().length
      }),
      { numRuns: 200 },
    )
    expect(orders).toBeGreaterThan(100)
    for (const reason of ['STABILISING', 'COOLDOWN_IN', 'WARMING_UP', 'steady TTFT', 'steady TBT']) expect(skipped.get(reason) ?? 0, reason).toBeGreaterThan(20)
  }, 120_000)
})
