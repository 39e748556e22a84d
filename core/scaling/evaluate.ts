import type { EpochMs, Offset } from '../units.ts'
import type { Claim } from './claim.ts'
import type { Emitted } from './emitted.ts'
import type { ServiceState } from './service-state.ts'

export type TickContext = { readonly claim: Claim; readonly coreHash: string; readonly partition: number; readonly tickOffset: Offset }
export declare const isDue: (state: ServiceState, nowMs: EpochMs) => boolean
export declare const evaluate: (state: ServiceState, context: TickContext) => { readonly state: ServiceState; readonly emitted: readonly Emitted[] }
