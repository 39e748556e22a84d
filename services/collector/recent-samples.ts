/** Identities of the samples that went through the gate lately. */
import type { Observation } from '../../core/signals/gate.ts'

export type RecentSamples = {
  add(event: Observation): void
  remove(event: Observation): void
  has(event: Observation): boolean
}

/**
 * A hundred producers with 8 records per 5 s for the 10 minutes that a window may be old; some 15 MB. A repeat of what was
 * pushed out goes on to the log, where the first of an identity counts all the same.
 */
const mostRemembered = 100_000

export const createRecentSamples = (most = mostRemembered): RecentSamples => {
  const seen = new Set<string>()
  return {
    has: (event) => seen.has(identityOf(event)),
    add: (event) => {
      seen.add(identityOf(event))
      for (const oldest of seen) {
        if (seen.size <= most) break
        seen.delete(oldest)
      }
    },
    remove: (event) => void seen.delete(identityOf(event)),
  }
}

/** As the fold takes it (core/signals/sample.ts), with the record's type in place of its signals. */
const identityOf = ({ type, service, role, source, windowEndMs }: Observation): string =>
  `${type} ${service} ${role} ${source} ${windowEndMs}`
