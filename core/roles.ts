/** The roles of a split service and counts of instances per role. */

/** Roles that scale in this version. `attention`, `ffn` and `mixed` are reserved words of the service file. */
export const roles = ['prefill', 'decode'] as const
export type Role = (typeof roles)[number]

/** Instances per role; whole numbers, never negative. */
export type RoleCounts = { readonly [role in Role]: number }

export const noInstances: RoleCounts = { prefill: 0, decode: 0 }

export const sameCounts = (a: RoleCounts, b: RoleCounts): boolean => a.prefill === b.prefill && a.decode === b.decode

export const addCounts = (a: RoleCounts, b: RoleCounts): RoleCounts => ({
  prefill: a.prefill + b.prefill,
  decode: a.decode + b.decode,
})

export const subtractCounts = (a: RoleCounts, b: RoleCounts): RoleCounts => ({
  prefill: a.prefill - b.prefill,
  decode: a.decode - b.decode,
})

export const sumCounts = (all: readonly RoleCounts[]): RoleCounts => all.reduce(addCounts, noInstances)

/** `6P+12D`, the short form of every message and table. */
export const showCounts = (counts: RoleCounts): string => `${counts.prefill}P+${counts.decode}D`
