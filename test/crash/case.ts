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
  /**
   * Done after the strike; by default whoever struck itself is started again. Resolves when nothing is broken any more, with
   * the wall time from which its effects count where that is not the strike. */
  readonly then?: (struck: Struck) => Promise<number | void>
  /** What shows that the work goes on; by default what the process writes. */
  readonly effect?: Effect
  /** Wall time from the order to the strike; default 45 s. */
  readonly biteWithinMs?: number
  /** Wall time from the strike until rest; default 60 s. */
  readonly withinMs?: number
  /** Calls of one write; default 2. */
  readonly mostCalls?: number
}

export type Struck = {
  readonly stage: Stage
  readonly bite: Bite
  /** Name of the process that struck itself. */
  readonly name: string
  readonly service: ServiceName
}

export type Effect = {
  readonly record?: (seen: Seen, owned: Owned) => boolean
  readonly change?: (change: Change) => boolean
}

/** The partition of `signals` that holds the service, and the claim in force there when the process was struck. */
export type Owned = { readonly partition: number; readonly epoch: number }

const tickOf = ({ record }: Seen, { partition }: Owned) => (record.partition === partition && record.event?.type === 'ClockTicked' ? record.event : null)

const isOneOf = (...types: readonly string[]) => ({ type }: { readonly type: string }): boolean => types.includes(type)

/** The default of each role. */
export const effects = {
  /** The partition is owned again, by another process or in another life. */
  claim: { record: (seen, owned) => (tickOf(seen, owned)?.epoch ?? 0) > owned.epoch },
  /** Time goes on in the partition. */
  tick: { record: (seen, owned) => tickOf(seen, owned) !== null },
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
