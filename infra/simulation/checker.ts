/**
 * The place of an independent checker, which reads a history as bytes. The bundler puts test/checker/ here where that stands
 * (`bundle.mjs`): nothing but tests may import tests.
 */
import type { Evidence } from '../../simulator/control-plane/evidence.ts'
import type { Tally } from '../../simulator/control-plane/summary.ts'

/** How much of each kind a history held, as the checker counts (test/checker/evidence.ts). */
export type Counted = { readonly vetoes: Tally; readonly faults: Tally; readonly [what: string]: number | Tally }

export type CheckerVerdict = {
  readonly violations: readonly { readonly invariant: string; readonly service: string; readonly detail: string; readonly at: string }[]
  readonly counted: Counted
}

export const independentCheck: ((evidence: Evidence) => CheckerVerdict) | null = null

/** What is missing for histories to prove anything, hundred by hundred. */
export const missingToCount: ((verdicts: readonly CheckerVerdict[]) => readonly string[]) | null = null
