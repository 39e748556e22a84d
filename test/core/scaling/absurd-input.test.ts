/** Whatever the log may carry, the decider answers with records that the log takes: one that it refused would stop a partition. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createCodec } from '../../../adapters/kafka/codec.ts'
import type { SignalEvent } from '../../../core/events/event.ts'
import type { GroupObservation } from '../../../core/events/observed.ts'
import type { DisaggregatedServiceSpec } from '../../../core/service/specification.ts'
import { MOST_INSTANCES } from '../../../core/service/specification.ts'
import { validateManifest } from '../../../core/service/validate.ts'
import { calm, deciderStory, instances, service, snapshotsOf, specification } from '../../support/decider-story.ts'

const codec = createCodec()
const isTaken = (event: SignalEvent): boolean => {
  try {
    codec.encode(event)
    return true
  } catch {
    return false
  }
}

const maxInt = 2 ** 31 - 1
const tokens = fc.constantFrom(0, 1e-300, 4000, 1e9, 1e12, 1e14, 1e300, Number.MAX_VALUE, -5, -Number.MAX_VALUE)
const counts = fc.constantFrom(0, 1, 2, 4, 4, 8, 40, 40, MOST_INSTANCES, maxInt)
const times = fc.constantFrom(-1, 0, 1, 2 ** 53 - 1, -(2 ** 53) + 1)

const sizes = fc.constantFrom(1, 2, 1000, MOST_INSTANCES)
const ratioPart = fc.constantFrom(1, 2, 9, 1000)
const share = fc.constantFrom(0, 1e-9, 0.1, 0.9)
const rate = fc.constantFrom(
  { type: 'Instances' as const, value: MOST_INSTANCES, periodSeconds: 1 },
  { type: 'Percent' as const, value: MOST_INSTANCES, periodSeconds: 3600 },
)
const rules = fc.record({
  stabilizationWindowSeconds: fc.constantFrom(0, 3600), cooldownSeconds: fc.constant(0), tolerance: share,
  damping: fc.constantFrom(1e-9, 1), policies: fc.tuple(rate),
})

const specifications: fc.Arbitrary<DisaggregatedServiceSpec> = fc
  .record({
    least: sizes, most: sizes, prefill: ratioPart, decode: ratioPart, tolerance: share, scaleUp: rules, scaleDown: rules,
    target: fc.constantFrom(1, 1000, 1e9), signal: fc.constantFrom('decodeTps' as const, 'prefillTps' as const),
    slo: fc.constantFrom(1e-300, 1, 600_000), windowSeconds: fc.constantFrom(1, 20, 3600), step: fc.constantFrom(1, 1000),
  })
  .map((drawn) =>
    specification({
      roles: {
        prefill: { minReplicas: drawn.least, maxReplicas: drawn.most },
        decode: { minReplicas: drawn.least, maxReplicas: drawn.most },
      },
      ratio: { prefill: drawn.prefill, decode: drawn.decode, tolerance: drawn.tolerance },
      slo: { ttftMsP95: drawn.slo, tbtMsP95: drawn.slo },
      policies: {
        proportional: { signal: drawn.signal, targetPerInstance: drawn.target, windowSeconds: drawn.windowSeconds },
        latencyGuard: { windowSeconds: drawn.windowSeconds, tiers: [{ atSloRatio: 1, stepPercent: drawn.step }] },
      },
      behavior: { scaleUp: drawn.scaleUp, scaleDown: drawn.scaleDown },
    }),
  )

const isAccepted = (spec: DisaggregatedServiceSpec): boolean =>
  validateManifest({ apiVersion: 'heteroscale.io/v1alpha1', kind: 'DisaggregatedService', metadata: { name: service }, spec }).ok

/** A group as a sub-cluster may report it, whoever wrote the annotation that its sequence comes from. */
const groupOf = (group: string) =>
  fc.record({ desired: counts, registered: counts, sequence: fc.constantFrom(0, 3, 2 ** 53 - 1) }).map(
    ({ desired, registered, sequence }): GroupObservation => ({
      group, domain: 'd', sequence,
      roles: (['prefill', 'decode'] as const).map((role) => ({ role, desired, scheduled: desired, ready: desired, registered, gpuType: 'H20' })),
    }),
  )

/** What may be said within a second, at `now` unless the time is absurd too. */
const spoken = fc.record({
  tps: tokens, latency: tokens, queue: tokens, requests: counts, heard: counts, registered: counts,
  startMs: times, absurdTime: fc.oneof({ arbitrary: fc.constant(null), weight: 12 }, { arbitrary: times, weight: 1 }), groups: fc.tuple(groupOf('g-1'), groupOf('g-2')),
})

const records = (said: typeof spoken extends fc.Arbitrary<infer T> ? T : never, now: number): readonly SignalEvent[] => {
  const at = said.absurdTime ?? now
  return (['prefill', 'decode'] as const).flatMap((role): readonly SignalEvent[] => {
    const sample = {
      service, role, source: 'collector-east', windowStartMs: said.startMs, windowEndMs: at,
      instancesHeard: said.heard, instancesRegistered: said.registered,
    }
    return [
      { type: 'TpsObserved', ...sample, tps: said.tps },
      { type: 'LatencyObserved', ...sample, ttftMsP95: said.latency, tbtMsP95: said.latency, requests: said.requests },
      { type: 'CacheObserved', ...sample, kvCacheUsage: 0.3, hitRate: 0.5, queueDepth: said.queue, requestsRunning: said.queue },
      { type: 'InstancesObserved', service, subCluster: 'east', complete: true, observedAt: at, groups: said.groups },
      { type: 'CollectorHeartbeat', service, source: 'collector-east', time: at, targetsKnown: said.heard, targetsScraped: said.heard },
    ]
  })
}

describe('absurd input', () => {
  it('no sample and no accepted manifest makes a record that the log refuses', { timeout: 60_000 }, () => {
    let [orders, accepted] = [0, 0]
    fc.assert(
      fc.property(specifications, fc.array(spoken, { minLength: 8, maxLength: 16 }), (spec, words) => {
        fc.pre(isAccepted(spec))
        accepted += 1
        const story = deciderStory({ spec })
        for (const said of words) {
          story.skip(1)
          for (const event of records(said, story.now()).filter(isTaken)) story.append(event)
          story.pass(3)
        }
        orders += story.decisions().length
        const written = [...story.emitted.flatMap(({ event }) => event ?? []), ...snapshotsOf(story.state)]
        for (const event of written) expect(() => codec.encode(event)).not.toThrow()
      }),
      { numRuns: 200, seed: 7 },
    )
    expect(accepted).toBe(200)
    expect(orders).toBeGreaterThan(50)
  })

  it('a load of 1e9 tokens per second asks for the most that a fleet can be, and gets the maximum of the service', () => {
    const spec = specification({
      policies: { proportional: { targetPerInstance: 1 } },
      behavior: { scaleUp: { policies: [{ type: 'Percent', value: 1000, periodSeconds: 60 }] } },
    })
    const story = deciderStory({ spec })
    story.fleet({ prefill: 2, decode: 4 })
    story.load({ ...calm, decodeTps: 1e9 })
    story.pass(15)
    expect(story.orders()).toEqual(['scale-out 2P+4D → 20P+40D'])
    expect(story.decisions()[0]?.asks[0]?.target).toEqual({ prefill: MOST_INSTANCES, decode: MOST_INSTANCES })
  })

  it('a sequence that no order of ours can have had does not become the next one', () => {
    const story = deciderStory()
    story.load({ ...calm, decodeTps: 8000, heard: { prefill: 2, decode: 4 } })
    for (let second = 0; second < 15; second += 5) {
      story.pass(5)
      story.append(instances({ prefill: 2, decode: 4 }, { now: story.now(), sequence: 2 ** 53 - 1 }))
    }
    story.pass(5)
    expect(story.lastIntent().sequence).toBe(1)
    expect(() => codec.encode(story.lastIntent())).not.toThrow()
  })

  it('a target of less than a token per second and instance is a slip of the unit, and refused', () => {
    expect(isAccepted(specification({ policies: { proportional: { targetPerInstance: 0.000001 } } }))).toBe(false)
  })

  it('more groups than a record can name stop the orders of their service, not the partition', () => {
    const story = deciderStory({ spec: specification({ roles: { prefill: { maxReplicas: 90_000 }, decode: { maxReplicas: 90_000 } } }) })
    story.load({ ...calm, decodeTps: 90_000_000, heard: { prefill: 8000, decode: 16_000 } })
    const [one] = (instances({ prefill: 1, decode: 2 }, { now: story.now() }) as { groups: readonly GroupObservation[] }).groups
    for (let second = 0; second < 60; second += 5) {
      story.pass(5)
      for (const subCluster of ['east', 'north', 'south', 'west']) {
        const groups = Array.from({ length: 2000 }, (_, index) => ({ ...one!, group: `${subCluster}-group-${index}` }))
        story.append({ type: 'InstancesObserved', service, subCluster, complete: true, observedAt: story.now(), groups })
      }
    }
    expect(story.orders()).toEqual([])
    expect(story.reasons().at(-1)).toBe('ARGUMENT_TOO_LARGE')
  })
})
