/** Folds a record that concerns one service into its state. */
import type { SignalEvent } from '../events/event.ts'
import type { ClockTicked } from '../events/input.ts'
import type { EpochMs, Offset } from '../units.ts'
import type { Emitted } from './emitted.ts'
import type { ServiceState } from './service-state.ts'

export type EvolveContext = { readonly offset: Offset; readonly nowMs: EpochMs; readonly announce: boolean }
export declare const evolve: (
  state: ServiceState | null,
  event: Exclude<SignalEvent, ClockTicked>,
  context: EvolveContext,
) => { readonly state: ServiceState | null; readonly emitted: readonly Emitted[] }
