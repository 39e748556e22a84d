/**
 * The place of an independent checker, which reads a history as bytes. The bundler puts test/checker/ here where that stands
 * (`bundle.mjs`): nothing but tests may import tests.
 */
import type { Evidence } from '../../simulator/control-plane/evidence.ts'

export type CheckerVerdict = { readonly violations: readonly { readonly invariant: string; readonly service: string; readonly detail: string; readonly at: string }[] }

export const independentCheck: ((evidence: Evidence) => CheckerVerdict) | null = null
