/** Why a target kind needs both roles in one object (docs/decisions/0003): what a write per role would pass through. */
import { describe, expect, it } from 'vitest'
import { planRollout } from '../../../core/rollout/plan.ts'
import { inBand } from '../../../core/ratio-band.ts'
import type { RoleCounts } from '../../../core/roles.ts'
import { counts, placementOf } from './orders.ts'

const band = { lo: 0.4, hi: 0.6 }
const from = counts(4, 8)
const to = counts(8, 16)

/** What stands between the two writes, by which role is written first. */
const between: readonly RoleCounts[] = [counts(to.prefill, from.decode), counts(from.prefill, to.decode)]

describe('a group that doubles, with a write per role', () => {
  it('leaves its band between the two writes, whichever role comes first', () => {
    expect([from, to].map((pair) => inBand(pair, band))).toEqual([true, true])
    expect(between.map((pair) => inBand(pair, band))).toEqual([false, false])
  })
  it('does not with both roles in one write', () => {
    const written = planRollout({ placement: placementOf({ from, to }) }).flat().filter(({ inverse }) => inverse !== null)
    expect(written.length).toBeGreaterThan(0)
    for (const { counts: pair } of written) expect(inBand(pair, band)).toBe(true)
  })
})
