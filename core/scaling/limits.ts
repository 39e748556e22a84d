/** Applies rules to an ask one after the other and keeps what each of them changed. */
import type { LimitApplied } from '../events/decided.ts'
import type { RoleCounts } from '../roles.ts'
import { sameCounts } from '../roles.ts'

export type Limited = { readonly counts: RoleCounts; readonly limits: readonly LimitApplied[] }

export type Limit = { readonly limit: string; readonly after: RoleCounts; readonly detail: string }

/** Notes the limit when it changed anything. */
export const applyLimit = ({ counts, limits }: Limited, { limit, after, detail }: Limit): Limited =>
  sameCounts(counts, after) ? { counts, limits } : { counts: after, limits: [...limits, { limit, before: counts, after, detail }] }
