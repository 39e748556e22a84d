/** Services at one tick, drawn at random, and the argument of `decide` for them: what the precedence of rules is tried on. */
import fc from 'fast-check'
import { fleetScope } from '../../../core/controls/controls.ts'
import type { Directive } from '../../../core/events/control.ts'
import type { RoleCounts } from '../../../core/roles.ts'
import type { DecisionArgument } from '../../../core/scaling/argument.ts'
import { noMemory } from '../../../core/scaling/memory.ts'
import type { SubClusterView } from '../../../core/signals/instances.ts'
import { noSamples } from '../../../core/signals/sample.ts'
import type { Sample, SignalHistory, SourceSeries } from '../../../core/signals/sample.ts'
import { specification, storyStart } from '../../support/decider-story.ts'

/** One service of one group. Nothing rests, cools down or is on its way, so that only the five rules can object. */
export type World = {
  readonly ratio: RoleCounts
  readonly ratioTolerance: number
  readonly current: RoleCounts
  readonly min: RoleCounts
  readonly max: RoleCounts
  /** Instances of a role that may go within a minute, and those that went half a minute ago. */
  readonly removable: number
  readonly removed: number
  /** Decode instances that the load needs, as a share of the present ones. */
  readonly loadShare: number
}

const nowMs = storyStart
const horizonMs = nowMs - 2_000
const targetPerInstance = 1_000
const staleMs = 600_000

/** What may be wrong with the evidence: nothing may be taken away on any of it. */
export const doubts = [
  'demand-missing', 'demand-failed', 'demand-stale', 'demand-thin', 'ttft-missing', 'ttft-stale', 'tbt-missing', 'tbt-failed', 'instances-stale', 'instances-incomplete',
] as const
export type Doubt = (typeof doubts)[number]

export type Given = { readonly doubt?: Doubt; readonly controls?: readonly Directive[] }

export const killSwitch: Directive = {
  scope: fleetScope, control: 'kill-switch', value: 'on', prefill: null, decode: null, untilMs: null, author: 'me', reason: 'a test of precedence', time: nowMs - 1_000,
}

/** The world as `decide` gets it: all evidence fresh, complete and calm but for the doubt. */
export const argumentOf = (world: World, { doubt, controls = [] }: Given = {}): DecisionArgument => ({
  service: 'chat',
  tick: { logId: 'log-1', partition: 0, offset: 1 },
  coreHash: 'core-1',
  ownerSinceMs: nowMs - 86_400_000,
  current: world.current,
  ordersUnderWay: [],
  memory: { ...noMemory, changes: changesOf(world) },
  controls,
  nowMs,
  horizonMs,
  spec: specification({
    roles: {
      prefill: { minReplicas: world.min.prefill, maxReplicas: world.max.prefill },
      decode: { minReplicas: world.min.decode, maxReplicas: world.max.decode },
    },
    ratio: { ...world.ratio, tolerance: world.ratioTolerance },
    policies: { proportional: { targetPerInstance } },
    behavior: { scaleDown: { policies: [{ type: 'Instances', value: world.removable, periodSeconds: 60 }] } },
  }),
  signals: signalsOf(world, doubt),
  heartbeats: [],
  instances: [viewOf(world, doubt)],
})

/** Lowest counts that the removal rate allows now: computed here, not by the code under test. */
export const floorOf = ({ current, removable, removed }: World): RoleCounts => {
  const left = Math.max(0, removable - removed)
  return { prefill: current.prefill - left, decode: current.decode - left }
}

const changesOf = ({ current, removed }: World) =>
  removed === 0 ? [] : [{ atMs: nowMs - 30_000, from: { prefill: current.prefill + removed, decode: current.decode + removed }, to: current }]

const signalsOf = (world: World, doubt: Doubt | undefined): SignalHistory => {
  const { current } = world
  const tps = current.decode * world.loadShare * targetPerInstance
  const demand = { role: 'decode', registered: current.decode, value: doubt === 'demand-failed' ? null : tps, heard: doubt === 'demand-thin' ? 0.5 : 1, ageMs: doubt === 'demand-stale' ? staleMs : 0 } as const
  const ttft = { role: 'prefill', registered: current.prefill, value: 300, heard: 1, ageMs: doubt === 'ttft-stale' ? staleMs : 0 } as const
  const tbt = { role: 'decode', registered: current.decode, value: doubt === 'tbt-failed' ? null : 20, heard: 1, ageMs: 0 } as const
  return {
    ...noSamples(),
    decodeTps: doubt === 'demand-missing' ? [] : [seriesOf(demand)],
    ttftMsP95: doubt === 'ttft-missing' ? [] : [seriesOf(ttft)],
    tbtMsP95: doubt === 'tbt-missing' ? [] : [seriesOf(tbt)],
  }
}

type Heard = { readonly role: 'prefill' | 'decode'; readonly registered: number; readonly value: number | null; readonly heard: number; readonly ageMs: number }

const seriesOf = ({ role, registered, value, heard, ageMs }: Heard): SourceSeries => ({
  source: 'collector/west',
  role,
  samples: [5, 4, 3, 2, 1, 0].map((index): Sample => {
    const endMs = horizonMs - ageMs - 5_000 * index
    return { startMs: endMs - 5_000, endMs, value, requests: 50, heard: Math.floor(registered * heard), registered }
  }),
})

const viewOf = ({ current }: World, doubt: Doubt | undefined): SubClusterView => ({
  subCluster: 'west',
  newestAtMs: nowMs - 1_000,
  newestComplete: doubt !== 'instances-incomplete',
  completeAtMs: nowMs - (doubt === 'instances-stale' ? staleMs : 1_000),
  groups: [{ group: 'g-1', sequence: 1, desired: current, registered: current }],
})

const count = (least: number, most: number): fc.Arbitrary<number> => fc.integer({ min: least, max: most })
const share = (least: number, most: number): fc.Arbitrary<number> => fc.integer({ min: Math.round(100 * least), max: Math.round(100 * most) }).map((percent) => percent / 100)
const pair = (least: number, most: number): fc.Arbitrary<RoleCounts> => fc.record({ prefill: count(least, most), decode: count(least, most) })

export const aDoubt: fc.Arbitrary<Doubt> = fc.constantFrom(...doubts)

/** Anything goes: any counts, in or out of bounds and band, under any load. */
export const anyWorld: fc.Arbitrary<World> = fc
  .record({ ratio: pair(1, 4), ratioTolerance: share(0.1, 0.6), current: pair(1, 40), min: pair(1, 20), room: pair(0, 30), removable: count(1, 6), removed: count(0, 6), loadShare: share(0, 2) })
  .map(({ room, ...world }) => ({ ...world, max: { prefill: world.min.prefill + room.prefill, decode: world.min.decode + room.decode } }))

/** In band and within wide bounds: batches of the ratio. */
const balanced: fc.Arbitrary<World> = fc
  .record({ ratio: pair(1, 4), ratioTolerance: share(0.1, 0.6), batches: count(4, 10), removable: count(1, 12), removed: count(0, 0), loadShare: share(0.9, 1) })
  .map(({ batches, ...world }) => ({ ...world, current: { prefill: batches * world.ratio.prefill, decode: batches * world.ratio.decode }, min: { prefill: 1, decode: 1 }, max: { prefill: 60, decode: 60 } }))

/** Far larger than its load, so that it wants to shrink. */
export const oversizedWorld: fc.Arbitrary<World> = fc.tuple(balanced, share(0.1, 0.5)).map(([world, loadShare]) => ({ ...world, loadShare }))

/** Larger than a maximum that somebody has lowered, under a load that the lowered one still carries. */
export const aboveMaximumWorld: fc.Arbitrary<World> = fc.tuple(balanced, count(1, 3)).map(([world, batches]) => ({
  ...world,
  loadShare: 0.1,
  max: { prefill: batches * world.ratio.prefill, decode: batches * world.ratio.decode },
}))

/** Smaller than its minimum. */
export const belowMinimumWorld: fc.Arbitrary<World> = fc.tuple(balanced, count(1, 3)).map(([world, batches]) => ({
  ...world,
  min: world.current,
  current: { prefill: batches * world.ratio.prefill, decode: batches * world.ratio.decode },
}))

/** One role has many more instances than the other one can use, in the middle of wide bounds. */
export const outOfBandWorld: fc.Arbitrary<World> = fc
  .tuple(balanced, fc.constantFrom('prefill', 'decode'), count(3, 6))
  .map(([world, role, times]) => ({ ...world, current: { ...world.current, [role]: times * world.current[role] }, max: { prefill: 1_000, decode: 1_000 } }))

/**
 * Out of band between its bounds: the role that is short stands at its maximum, the other one just above its minimum, and
 * the load would let both go. Only to remove below the minimum would bring the ratio back.
 */
export const wedgedWorld: fc.Arbitrary<World> = fc.tuple(balanced, count(3, 6), share(0.1, 0.5)).map(([world, times, loadShare]) => ({
  ...world,
  loadShare,
  removable: 200,
  current: { ...world.current, prefill: times * world.current.prefill },
  min: { prefill: times * world.current.prefill - 1, decode: 1 },
  max: { prefill: 1_000, decode: world.current.decode },
}))
