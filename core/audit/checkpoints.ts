/**
 * Where a replay may begin when not at the log's start: with the checkpoints of all services that were managed then. Every
 * owner writes one of each service at its claim, one of a new service at once, and one every hour; so a set is whole when
 * nothing of the hour before its newest member can have expired, or when it was taken at a claim.
 */
import type { SnapshotTaken } from '../events/decided.ts'
import { groupBy } from '../group-by.ts'
import type { DurationMs, EpochMs, Offset } from '../units.ts'

/** A checkpoint is a snapshot that is kept, so that any hour can be replayed. World time. */
export const checkpointIntervalMs: DurationMs = 3_600_000

/** What is older than this beside the newest belongs to a service that was removed; one interval may be late by a batch. */
const removedAfterMs: DurationMs = 2 * checkpointIntervalMs

/** At most one per service, all by one version of one log. Never empty. */
export type CheckpointSet = readonly SnapshotTaken[]

/** The checkpoints of the newest writer, one per service, the newest of each; null when there are none. */
export const newestSet = (checkpoints: readonly SnapshotTaken[]): CheckpointSet | null => {
  const newest = checkpoints.reduce<SnapshotTaken | null>((best, one) => (best === null || one.time > best.time ? one : best), null)
  if (newest === null) return null
  const alike = checkpoints.filter((one) => writerOf(one) === writerOf(newest) && one.time > newest.time - removedAfterMs)
  return [...groupBy(alike, ({ service }) => service).values()].map((ofService) => ofService.reduce(later))
}

/** Taken at one claim: all at its offset, and at its time. */
export const isOfOneClaim = (set: CheckpointSet, ownerSinceMs: EpochMs): boolean =>
  set.every(({ lastInputOffset, time }) => lastInputOffset === set[0]?.lastInputOffset && time === ownerSinceMs)

/** Nothing that belongs to the set can have expired: the record reaches back beyond the hour before its newest member. */
export const isCoveredSince = (set: CheckpointSet, keptSinceMs: EpochMs): boolean =>
  keptSinceMs <= newestTimeOf(set) - checkpointIntervalMs

/** A replay from this set folds from here on; each service's own records before its checkpoint are skipped by the fold. */
export const firstOffsetAfter = (set: CheckpointSet): Offset => Math.min(...set.map(({ lastInputOffset }) => lastInputOffset)) + 1

export const newestTimeOf = (set: CheckpointSet): EpochMs => Math.max(...set.map(({ time }) => time))
export const oldestTimeOf = (set: CheckpointSet): EpochMs => Math.min(...set.map(({ time }) => time))

export const writerOf = ({ coreHash, logId }: Pick<SnapshotTaken, 'coreHash' | 'logId'>): string => `${coreHash} ${logId}`

const later = (a: SnapshotTaken, b: SnapshotTaken): SnapshotTaken => (b.lastInputOffset > a.lastInputOffset ? b : a)
