/** Scale-out of one request: whole ratio batches while any candidate has room for one, then what is left over. */
import { addCounts, type RoleCounts } from '../roles.ts'
import { growthCandidates } from './candidates.ts'
import { bestOffer, type Offer, type Wish } from './offer.ts'
import { proportionalSteps, ratioBatch, sizeOf } from './steps.ts'
import { draft, missingCounts, type Work } from './work.ts'

/** Drafts growth towards the target; what is still missing afterwards found no room. */
export const grow = (work: Work): void => {
  growByBatches(work)
  while (takeBest(work, restOf(missingCounts(work)))) continue
}

/** A batch in one group is the unit that serves at full rate; 9:7 means 16 instances under one switch. */
const growByBatches = (work: Work): void => {
  const batch = ratioBatch(work.request.ratio)
  if (batch === null) return
  const steps = proportionalSteps(batch)
  let missing = missingCounts(work)
  while (missing.prefill >= batch.prefill && missing.decode >= batch.decode) {
    if (!takeBest(work, { steps, whole: true, missing })) return
    missing = missingCounts(work)
  }
}

const restOf = (missing: RoleCounts): Wish => ({ steps: proportionalSteps(missing), whole: false, missing })

/** False when nobody can take anything of the wish. */
const takeBest = (work: Work, wish: Wish): boolean => {
  if (sizeOf(wish.missing) === 0) return false
  const offer = bestOffer(work, growthCandidates(work), wish)
  if (offer !== null) take(work, offer)
  return offer !== null
}

const take = (work: Work, { candidate, fitted, taken }: Offer): void =>
  draft(work, { ...candidate.placement, to: addCounts(candidate.placement.to, taken) }, fitted)
