/** What a demo plays: how long, on which traffic, with which fault. Pure. */
import { CliError, exitCodes } from '../exit-codes.ts'

export const demoFaults = ['decode-never-ready', 'prefill-never-ready', 'prefill-stall', 'node-loss'] as const
export type DemoFault = (typeof demoFaults)[number]

export type DemoFlags = {
  readonly speed?: number
  readonly minutes?: number
  readonly trace?: string
  readonly loadFactor?: number
  readonly fault?: string
  readonly seed?: number
  readonly report?: string
}

/** A fault as POST /faults of the emulator takes it, and the world minute in which it is planted. */
export type PlannedFault = {
  readonly atMinute: number
  readonly body: { readonly kind: DemoFault; readonly rollouts?: number; readonly durationMs?: number; readonly factor?: number }
}

export type Stage = {
  readonly title: string
  readonly speed: number
  readonly minutes: number
  /** Length of the synthetic day; the demo may end before it does. */
  readonly dayMinutes: number
  readonly trace: string | null
  readonly loadFactor: number
  readonly seed: number
  /** The fault that the user asked for; null for the one that every demo has. */
  readonly fault: DemoFault | null
  readonly planned: readonly PlannedFault[]
}

const dayMinutes = 40

/** Forty world minutes in two; faster, two cores no longer keep up with the emulated engines. */
const defaultSpeed = 20

/** The hour of the Azure conversation trace brings 5.5 requests per second; eight times that needs some ten decoders. */
const traceLoadFactor = 8
const traceMinutes = 58

/** A synthetic day shows one rollout that fails half-way; a trace is played as it is. */
const oneHalfFailedRollout: PlannedFault = { atMinute: 6, body: { kind: 'decode-never-ready', rollouts: 1 } }

/** Shorter than a day: enough for the fault to strike, to be undone or to end, and for the fleet to go on. */
const faultMinutes = 24

/** A prefill five times slower for five minutes: TTFT leaves its SLO, decode starves. */
const plannedOf: { readonly [fault in DemoFault]: PlannedFault } = {
  'decode-never-ready': { atMinute: 0, body: { kind: 'decode-never-ready' } },
  'prefill-never-ready': { atMinute: 0, body: { kind: 'prefill-never-ready' } },
  'prefill-stall': { atMinute: 12, body: { kind: 'prefill-stall', factor: 5, durationMs: 5 * 60_000 } },
  'node-loss': { atMinute: 10, body: { kind: 'node-loss', durationMs: 6 * 60_000 } },
}

/** Fills in what the flags left open. Throws E_USAGE for a fault that does not exist. */
export const stageOf = (flags: DemoFlags): Stage => {
  const fault = faultOf(flags.fault)
  const trace = flags.trace ?? null
  const { speed = defaultSpeed, seed = 1 } = flags
  return {
    title: trace === null ? `a synthetic day of ${dayMinutes} minutes` : `the trace ${trace}`,
    ...{ speed, seed, dayMinutes, trace, fault },
    minutes: flags.minutes ?? minutesOf(fault, trace),
    loadFactor: flags.loadFactor ?? (trace === null ? 1 : traceLoadFactor),
    planned: plannedFaults(fault, trace),
  }
}

const plannedFaults = (fault: DemoFault | null, trace: string | null): readonly PlannedFault[] => {
  if (fault !== null) return [plannedOf[fault]]
  return trace === null ? [oneHalfFailedRollout] : []
}

const minutesOf = (fault: DemoFault | null, trace: string | null): number => {
  if (fault !== null) return faultMinutes
  return trace === null ? dayMinutes : traceMinutes
}

const faultOf = (name: string | undefined): DemoFault | null => {
  if (name === undefined) return null
  const known = demoFaults.find((fault) => fault === name)
  if (known !== undefined) return known
  throw new CliError(exitCodes.usage, `E_USAGE --fault: got ${name}; allowed: ${demoFaults.join(', ')}; nothing was started`)
}
