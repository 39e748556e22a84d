/** Comparing and bounding pairs of role counts. */
import type { Role, RoleCounts } from '../roles.ts'
import { MOST_INSTANCES } from '../service/specification.ts'

export const eachRole = (compute: (role: Role) => number): RoleCounts => ({
  prefill: compute('prefill'),
  decode: compute('decode'),
})

export const maxCounts = (a: RoleCounts, b: RoleCounts): RoleCounts => ({
  prefill: Math.max(a.prefill, b.prefill),
  decode: Math.max(a.decode, b.decode),
})

export const minCounts = (a: RoleCounts, b: RoleCounts): RoleCounts => ({
  prefill: Math.min(a.prefill, b.prefill),
  decode: Math.min(a.decode, b.decode),
})

const mostCounts: RoleCounts = { prefill: MOST_INSTANCES, decode: MOST_INSTANCES }

/** The counts, none above MOST_INSTANCES: one absurd sample must not make a record that no schema takes. */
export const plausible = (counts: RoleCounts): RoleCounts => (isWithin(counts, mostCounts) ? counts : minCounts(counts, mostCounts))

/** True when neither role has more instances than in `most`. */
export const isWithin = (counts: RoleCounts, most: RoleCounts): boolean =>
  counts.prefill <= most.prefill && counts.decode <= most.decode

/** Pairs from `least` to `most`, both included, each role by itself. */
export type Box = { readonly least: RoleCounts; readonly most: RoleCounts }
