/** One seed, one history: builds the world, breaks it, heals it, and says what was seen. */
import type { CellId, ServiceId, SubClusterId } from '../../core/ids.ts'
import type { DurationMs, EpochMs } from '../../core/units.ts'
import { createRandom, type Random } from '../prng.ts'
import type { RawEvidence } from './evidence.ts'
import { nemesisLineOf, type Struck } from './faults/nemesis-line.ts'
import { heal, unleash } from './faults/nemesis.ts'
import { upgrade } from './faults/upgrade.ts'
import { moreFaults, planFaults, type Fault, type FaultKind } from './faults/plan.ts'
import { Stage, type Narrator } from './stage.ts'
import { tempoOf, type TempoName } from './tempo.ts'
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
  /** A course that somebody wrote, at the brisk pace, instead of one drawn from the seed. */
  readonly script?: Script
  /** Absent: as the seed draws it. */
  readonly tempo?: TempoName
  /** Without the faults that came on top later (`moreFaults`): the history of a seed that was found before. */
  readonly asBefore?: boolean
}

/**
 * Times count from the begin of the history. The load stays as it is from the heal on.
 * `upgrade`: when the deciders are replaced, one after the other, by the next version, and how long that shall move nothing.
 */
export type Script = {
  readonly faults: readonly Fault[]
  readonly healsAfterMs: DurationMs
  readonly lastsMs: DurationMs
  readonly upgrade?: { readonly fromMs: DurationMs; readonly toMs: DurationMs }
}

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

const minute = 60_000

/** Begins, ends of faults, end: an hour and a little, of which faults may take two thirds. */
const usualCourse: Omit<Script, 'faults'> = { healsAfterMs: 40 * minute, lastsMs: 62 * minute }
/** Longest way back after the last fault: a deadline of a rollout, its undo, cooldowns, a stabilisation window. */
const convergeMs: DurationMs = 15 * minute

const cells: readonly (readonly [SubClusterId, CellId])[] = [['sub-a', 'cell-a'], ['sub-b', 'cell-a'], ['sub-c', 'cell-b']]
const places: readonly (readonly [ServiceId, CellId])[] = [['chat', 'cell-a'], ['code', 'cell-a'], ['search', 'cell-a'], ['draft', 'cell-b'], ['voice', 'cell-b']]

export const runHistory = async ({ seed, pump, narrator, ...options }: HistoryOptions): Promise<History> => {
  const tempo = tempoOf(seed, options.tempo ?? (options.script === undefined ? null : 'brisk'))
  const course = options.script ?? usualCourse
  const random = createRandom(seed)
  const stage = new Stage(epoch, random.fork('stage'), narrator ?? null)
  const healedAtMs = epoch + course.healsAfterMs
  const services = servicesOf(seed, { fromMs: epoch, healedAtMs, tempo })
  const world = new World({
    stage, services, tempo, partitions: 3, nodesPerType: 4,
    cells: new Map(cells),
    commitsFirst: options.commitsFirst ?? false,
  })
  const planned = options.script ? written(options.script) : plannedFor(options, { seed, random, healedAtMs })
  const struck: Struck[] = []
  world.start()
  unleash(world, planned.filter((_, index) => options.keep?.includes(index) ?? true), struck)
  heal(world, healedAtMs)
  const upgrades = options.script?.upgrade === undefined ? [] : [upgrade(world, { fromMs: epoch + options.script.upgrade.fromMs, toMs: epoch + options.script.upgrade.toMs })]
  const toMs = epoch + course.lastsMs
  await pump(() => stage.scheduler.step(toMs))
  const evidence: RawEvidence = {
    run: { seed, simulated: false, tickMs: tempo.tickMs, latenessMs: 2_000, fromMs: epoch, toMs, healedAtMs, services: services.map(({ name }) => name), convergeMs },
    topics: world.topics(),
    formerSignals: world.broker.former.filter(({ topic }) => topic === 'signals').map(({ deletedAtMs, partitions }) => ({ deletedAtMs, records: partitions.flat() })),
    subClusters: Object.fromEntries([...world.apis].map(([name, { cluster }]) => [name, cluster.changes])),
    nemesis: [...struck.map((line) => nemesisLineOf(line, struck)), ...upgrades],
    calls: Object.fromEntries(world.calls),
    commits: world.commits,
  }
  return { seed, evidence, world, stage, steps: stage.scheduler.steps, faults: planned, struck }
}

type Drawing = { readonly seed: number; readonly random: Random; readonly healedAtMs: EpochMs }

const plannedFor = ({ only, asBefore }: Pick<HistoryOptions, 'only' | 'asBefore'>, { seed, random, healedAtMs }: Drawing): readonly Fault[] => {
  const window = { fromMs: epoch, healedAtMs }
  const planned = planFaults(random.fork('faults'), window, only ?? null)
  return only !== undefined || asBefore === true ? planned : [...planned, ...moreFaults(seed, random.fork('more-faults'), window)]
}

const written = ({ faults }: Script): readonly Fault[] => faults.map((fault) => ({ ...fault, fromMs: epoch + fault.fromMs, toMs: epoch + fault.toMs }))

const servicesOf = (seed: number, horizon: Horizon): readonly SimService[] =>
  places.map(([name, cell]) => createService(createRandom(`${seed}/service/${name}`), { name, cell }, horizon))
