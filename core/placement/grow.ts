/** Scale-out of one request: whole ratio batches while any candidate has room for one, then what is left over. */
import { addCounts, type RoleCounts } from '../roles.ts'
import { growthCandidates } from './candidates.ts'
import { bestOffer, offerOf, type Offer, type Wish } from './offer.ts'
import { proportionalSteps, ratioBatch, sizeOf } from './steps.ts'
import { draft, missingCounts, type Work } from './work.ts'

/** Drafts growth towards the target; what is still missing afterwards found no room. */
export const grow = (work: Work): void => {
  growByBatches(work)
  while (takeBest(work, restOf(missingCounts(work))) !== null) continue
}

/** A batch in one group is the unit that serves at full rate; 9:7 means 16 instances under one switch. */
const growByBatches = (work: Work): void => {
  const batch = ratioBatch(work.request.ratio)
  if (batch === null) return
  const steps = proportionalSteps(batch)
  const wish = (): Wish | null => {
    const missing = missingCounts(work)
    const isWhole = missing.prefill >= batch.prefill && missing.decode >= batch.decode
    return isWhole ? { steps, whole: true, missing } : null
  }
  for (let next = wish(); next !== null; next = wish()) {
    const offer = takeBest(work, next)
    if (offer === null) return
    takeMore(work, offer, wish)
  }
}

/** More of the same stays the best choice while it touches no scarcer hardware, so the others need not be asked again. */
const takeMore = (work: Work, first: Offer, wish: () => Wish | null): void => {
  const { domain, placement } = first.candidate
  for (let next = wish(); next !== null; next = wish()) {
    const grown = work.drafts.get(placement.group) ?? placement
    const offer = offerOf(work, { placement: grown, domain }, next)
    if (offer === null || offer.rank > first.rank) return
    take(work, offer)
  }
}

const restOf = (missing: RoleCounts): Wish => ({ steps: proportionalSteps(missing), whole: false, missing })

/** Null when nobody can take anything of the wish. */
const takeBest = (work: Work, wish: Wish): Offer | null => {
  if (sizeOf(wish.missing) === 0) return null
  const offer = bestOffer(work, growthCandidates(work), wish)
  if (offer !== null) take(work, offer)
  return offer
}

const take = (work: Work, { candidate, fitted, taken }: Offer): void =>
  draft(work, { ...candidate.placement, to: addCounts(candidate.placement.to, taken) }, fitted)
