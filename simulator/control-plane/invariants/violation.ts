import type { EpochMs } from '../../../core/units.ts'

/** A promise that a history broke. */
export type Violation = { readonly invariant: string; readonly service: string; readonly detail: string; readonly atMs: EpochMs }
