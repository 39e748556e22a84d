/** What the hash of a verdict's record covers. Whoever keeps the hash of one record notices a change to any byte of it. */
import { canonicalJson } from '../canonical.ts'
import type { ScaleDecided, ScaleHeld } from '../events/decided.ts'
import { sha256 } from '../sha256.ts'

/**
 * SHA-256 over the decision's canonical JSON with `hash` empty. Version 1 had no `previousHeldHash`, and reads as if it were
 * empty: it is part of the text only where it says something.
 */
export const hashOfDecision = (decision: ScaleDecided): string => {
  const { previousHeldHash, ...rest } = decision
  return sha256(canonicalJson({ ...rest, previousHeldHash: previousHeldHash === '' ? undefined : previousHeldHash, hash: '' }))
}

/** SHA-256 over the hold's canonical JSON with `hash` empty. */
export const hashOfHold = (hold: ScaleHeld): string => sha256(canonicalJson({ ...hold, hash: '' }))
