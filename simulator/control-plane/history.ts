/** One seed, one history: builds the world, breaks it, heals it, and says what was seen. */
import type { DurationMs, EpochMs } from '../../core/units.ts'
import { createRandom } from '../prng.ts'
import type { RawEvidence } from './evidence.ts'
import { nemesisLineOf, type Struck } from './faults/nemesis-line.ts'
import { heal, unleash } from './faults/nemesis.ts'
import { planFaults, type Fault, type FaultKind } from './faults/plan.ts'
import { tickMs } from './processes/decider.ts'
import { sizeOf, type Size, type SizeName } from './size.ts'
import { Stage, type Narrator } from './stage.ts'
import { World } from './world.ts'
import { createService, type Horizon, type SimService } from './workload/services.ts'

/** Runs steps until there are none, with all promises settled between two of them; it comes from outside, for it needs Node. */
export type Pump = (step: () => boolean) => Promise<void>

export type HistoryOptions = {
  readonly seed: number
  readonly pump: Pump
  readonly narrator?: Narrator
  /** Kinds of faults to draw from; absent: all. */
  readonly only?: readonly FaultKind[]
  /** Numbers of the planned faults that strike; absent: all of them. */
  readonly keep?: readonly number[]
  readonly commitsFirst?: boolean
  /** A course that somebody wrote, in a large world, instead of one drawn from the seed. */
  readonly script?: Script
  /** Absent: as the seed draws it. */
  readonly size?: SizeName
}

/** Times count from the begin of the history. */
export type Script = { readonly faults: readonly Fault[]; readonly healsAfterMs: DurationMs; readonly lastsMs: DurationMs }

export type History = {
  readonly seed: number
  readonly evidence: RawEvidence
  readonly world: World
  readonly stage: Stage
  readonly steps: number
  /** All that were planned, also those that were left out. */
  readonly faults: readonly Fault[]
  readonly struck: readonly Struck[]
}

export const epoch: EpochMs = Date.UTC(2026, 0, 5, 8)

export const runHistory = async ({ seed, pump, narrator, ...options }: HistoryOptions): Promise<History> => {
  const size = sizeOf(seed, options.size ?? (options.script === undefined ? null : 'large'))
  const course = options.script ?? size
  const random = createRandom(seed)
  const stage = new Stage(epoch, random.fork('stage'), narrator ?? null)
  const healedAtMs = epoch + course.healsAfterMs
  const services = servicesOf(seed, size, { fromMs: epoch, healedAtMs })
  const world = new World({
    stage, services, partitions: size.partitions, nodesPerType: 4,
    cells: new Map(size.cells),
    commitsFirst: options.commitsFirst ?? false,
  })
  const planned = options.script ? written(options.script) : planFaults(random.fork('faults'), { fromMs: epoch, healedAtMs, count: size.faults }, options.only ?? null)
  const struck: Struck[] = []
  world.start()
  unleash(world, planned.filter((_, index) => options.keep?.includes(index) ?? true), struck)
  heal(world, healedAtMs)
  const toMs = epoch + course.lastsMs
  await pump(() => stage.scheduler.step(toMs))
  const evidence: RawEvidence = {
    run: { seed, simulated: false, tickMs, latenessMs: 2_000, fromMs: epoch, toMs, healedAtMs, services: services.map(({ name }) => name), convergeMs: size.convergeMs },
    topics: world.topics(),
    formerSignals: world.broker.former.filter(({ topic }) => topic === 'signals').map(({ deletedAtMs, partitions }) => ({ deletedAtMs, records: partitions.flat() })),
    subClusters: Object.fromEntries([...world.apis].map(([name, { cluster }]) => [name, cluster.changes])),
    nemesis: struck.map((line) => nemesisLineOf(line, struck)),
    commits: world.commits,
  }
  return { seed, evidence, world, stage, steps: stage.scheduler.steps, faults: planned, struck }
}

const written = ({ faults }: Script): readonly Fault[] => faults.map((fault) => ({ ...fault, fromMs: epoch + fault.fromMs, toMs: epoch + fault.toMs }))

const servicesOf = (seed: number, { services, periodMinutes }: Size, horizon: Omit<Horizon, 'periodMinutes'>): readonly SimService[] =>
  services.map(([name, cell]) => createService(createRandom(`${seed}/service/${name}`), { name, cell }, { ...horizon, periodMinutes }))
