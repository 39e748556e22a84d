/** How much a producer may write: a bucket that fills at a rate and holds a burst. */
import type { EpochMs } from '../units.ts'

export type BucketLimits = { readonly perSecond: number; readonly burst: number }
export type Bucket = { readonly tokens: number; readonly atMs: EpochMs }

export const fullBucket = ({ burst }: BucketLimits, nowMs: EpochMs): Bucket => ({ tokens: burst, atMs: nowMs })

/** The bucket after one record, or null when it holds less than one token. A clock that goes back adds nothing. */
export const take = (bucket: Bucket, { perSecond, burst }: BucketLimits, nowMs: EpochMs): Bucket | null => {
  const elapsedMs = Math.max(0, nowMs - bucket.atMs)
  const tokens = Math.min(burst, bucket.tokens + (elapsedMs * perSecond) / 1000)
  return tokens < 1 ? null : { tokens: tokens - 1, atMs: Math.max(nowMs, bucket.atMs) }
}
