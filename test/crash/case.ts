/** One row of the matrix: which process is struck where, what is done then, and what counts as its next effect. */
import type { Bite, PointOrder } from './arming.ts'
import type { Seen } from './history.ts'
import type { ServiceName } from './services.ts'
import type { Change, Stage } from './stage.ts'

export type Case = {
  readonly process: string
  readonly step: string
  readonly service?: ServiceName
  /** What is ordered to get to the point; `either` takes whichever the fleet has room for. */
  readonly move: 'out' | 'in' | 'either'
  /** Done at rest, before the order. */
  readonly prepare?: (stage: Stage) => Promise<void>
  readonly at: PointOrder
  /** Done after the strike; by default whoever struck itself is started again. Resolves when nothing is broken any more. */
  readonly then?: (struck: Struck) => Promise<void>
  /** What shows that the work goes on; by default what the process writes. */
  readonly effect?: Effect
  /** Wall time from the strike until rest; default 60 s. */
  readonly withinMs?: number
}

export type Struck = {
  readonly stage: Stage
  readonly bite: Bite
  /** Name of the process that struck itself. */
  readonly name: string
  readonly service: ServiceName
}

export type Effect = {
  readonly record?: (seen: Seen) => boolean
  readonly change?: (change: Change) => boolean
}

const isOneOf = (...types: readonly string[]) => ({ type }: { readonly type: string }): boolean => types.includes(type)

/** The default of each role. */
export const effects = {
  /** A tick of another owner or another life: the partition is owned again. */
  claim: { record: isOneOf('ClockTicked') },
  decision: { record: isOneOf('ScaleDecided') },
  intent: { record: isOneOf('ScaleIntentEmitted') },
  rollout: { record: isOneOf('RolloutReported', 'PlacementDecided', 'ReservationReleased'), change: ({ kind }) => kind === 'written' },
  gate: { change: ({ kind }) => kind === 'gate' },
  sample: { record: isOneOf('TpsObserved') },
} satisfies { readonly [name: string]: Effect }

export type Row = {
  readonly process: string
  readonly step: string
  readonly action: string
  /** Null: it went as it should. */
  readonly fault: string | null
  /** Wall time from the strike. */
  readonly nextEffectMs: number | null
  readonly convergedMs: number | null
  readonly bite: Bite | null
}
