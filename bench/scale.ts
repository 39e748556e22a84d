/** Bench (e): what a fleet costs as it grows. Core alone, in this process: no broker, no bytes. */
import type { Engine } from '../core/audit/engine.ts'
import { compiledCore } from './compiled-core.ts'
import type { BenchContext } from './context.ts'
import { goal, significant, type Measured, type Numbers } from './result.ts'
import { fitLine, median, type Line } from './statistics.ts'
import { createWorld, type World } from './world/world.ts'

export type ScaleSizes = { readonly fleets: readonly number[]; readonly warmUpSeconds: number; readonly measuredSeconds: number; readonly serviceSeconds: number }

/** Services that are not calm are few: small fleets are measured until they have shown as many of them as large ones. */
export const fullSizes: ScaleSizes = { fleets: [10, 30, 100, 300, 1000, 3000, 10_000], warmUpSeconds: 120, measuredSeconds: 20, serviceSeconds: 100_000 }
export const quickSizes: ScaleSizes = { fleets: [10, 20, 40], warmUpSeconds: 20, measuredSeconds: 10, serviceSeconds: 0 }

/** A line explains a cost when no point lies further off: CPU time repeats within a fifth on a machine that is not alone. */
const linearWithin = 0.2

/**
 * One fleet after the other, several times over: the speed of a machine that is not alone wavers by a third within minutes, and what a fleet
 * costs is the median of its turns. A turn is ticks of at least `measuredSeconds` after a warm-up in which windows and memories fill.
 */
export const benchScale = async (context: BenchContext, sizes: ScaleSizes): Promise<Measured> => {
  const core = await compiledCore()
  // The first fleet would else pay for the compiler.
  measureFleet(core, { ...sizes, services: 100 })
  const turns: Numbers[] = []
  for (let turn = 1; turn <= context.rounds; turn++)
    for (const services of sizes.fleets) {
      const measuredSeconds = Math.max(sizes.measuredSeconds, Math.ceil(sizes.serviceSeconds / services))
      turns.push({ turn, ...measureFleet(core, { ...sizes, services, measuredSeconds }) })
      context.onProgress(JSON.stringify(turns.at(-1)))
    }
  return measured(sizes, turns)
}

type Fleet = Omit<ScaleSizes, 'fleets' | 'serviceSeconds'> & { readonly services: number }

/** Folds a fleet's records and answers what a tick of all its services costs. */
export const measureFleet = (core: { readonly engine: Engine; readonly coreHash: string }, { services, warmUpSeconds, measuredSeconds }: Fleet): Numbers => {
  const tickMicros: number[] = []
  const aroundTicks = (fold: () => void): void => {
    const before = process.cpuUsage()
    fold()
    const { user, system } = process.cpuUsage(before)
    tickMicros.push(user + system)
  }
  const world = createWorld({ services, partitions: 1, ...core, aroundTicks })
  for (let second = 1; second <= warmUpSeconds + measuredSeconds; second++) world.second()
  const measuredTicks = tickMicros.slice(-measuredSeconds)
  const total = measuredTicks.reduce((sum, micros) => sum + micros, 0)
  return {
    services,
    stateBytes: stateBytes(world, core.engine),
    cpuMicrosPerTick: significant(total / measuredTicks.length),
    medianCpuMicrosPerTick: significant(median(measuredTicks)),
  }
}

/** As a snapshot carries it: canonical JSON. */
const stateBytes = ({ states, now }: World, engine: Engine): number =>
  states.flatMap((state) => engine.servicesOf(state).map((service) => engine.snapshotService(state, service, now())?.state.length ?? 0)).reduce((sum, bytes) => sum + bytes, 0)

/** Of each fleet, the median of its turns. */
const lineOver = ({ fleets }: ScaleSizes, turns: readonly Numbers[], name: string): Line =>
  fitLine(fleets.map((services) => ({ x: services, y: median(turns.filter((turn) => turn['services'] === services).map((turn) => turn[name] ?? Number.NaN)) })))

const measured = (sizes: ScaleSizes, turns: readonly Numbers[]): Measured => {
  const { fleets, warmUpSeconds, measuredSeconds, serviceSeconds } = sizes
  const lineOf = (name: string): Line => lineOver(sizes, turns, name)
  const [bytes, cpu] = [lineOf('stateBytes'), lineOf('cpuMicrosPerTick')]
  const figures = {
    stateBytesPerService: significant(bytes.slope),
    stateWorstResidual: significant(bytes.worstResidual, 3),
    cpuMicrosPerServiceAndTick: significant(cpu.slope),
    cpuWorstResidual: significant(cpu.worstResidual, 3),
  }
  return {
    what:
      'Core alone, in one process without Kafka: bytes of all services’ states as snapshots carry them, and CPU time of folding one tick (garbage collection ' +
      'included), mean over the measured seconds (at least `measuredSeconds`, and in small fleets as many as make `serviceSeconds`); of each fleet the median of its turns; lines fitted with relative weights, residuals are the largest relative distance of a fleet from its line',
    parameters: { from: fleets[0] ?? 0, to: fleets.at(-1) ?? 0, turns: turns.length / fleets.length, warmUpSeconds, measuredSeconds, serviceSeconds, tickPeriodMs: 1000, scrapePeriodMs: 5000 },
    rounds: turns,
    figures,
    goals: [goal(figures, 'stateWorstResidual', { atMost: linearWithin }), goal(figures, 'cpuWorstResidual', { atMost: linearWithin })],
  }
}
