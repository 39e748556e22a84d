/** A floor that falls too far at once is more often a typing error than a plan. */
import { roles } from '../roles.ts'
import type { ServiceManifest } from './specification.ts'

/** A minimum may fall by at most this share in one change, unless the user names the share. */
const MOST_DECREASE_PERCENT = 50

export type SteepDecrease = {
  readonly path: string
  readonly from: number
  readonly to: number
  readonly percent: number
}

/** The minimum that falls by more than `confirmedPercent`, the steepest first; null when none does. */
export const steepDecrease = (
  before: ServiceManifest,
  after: ServiceManifest,
  confirmedPercent = MOST_DECREASE_PERCENT,
): SteepDecrease | null => {
  const decreases = roles.map((role): SteepDecrease => {
    const from = before.spec.roles[role].minReplicas
    const to = after.spec.roles[role].minReplicas
    return { path: `spec.roles.${role}.minReplicas`, from, to, percent: Math.ceil(((from - to) / from) * 100) }
  })
  const [steepest] = decreases.sort((a, b) => b.percent - a.percent)
  const allowed = Math.max(MOST_DECREASE_PERCENT, confirmedPercent)
  return steepest !== undefined && steepest.percent > allowed ? steepest : null
}
