/**
 * The deciding code as one thing: whatever decides, or decides again, drives core through these functions alone. The build
 * makes this file, with all that it imports, into one bundle that is named after its content (`infra/core-bundle`). Bundles
 * are kept for years and run by later programs: functions may be added here, never changed or removed.
 */
import { claimOf, foldRecord, openPartition, restoreService, servicesOf, snapshotService } from '../scaling/partition.ts'

export { claimOf, foldRecord, openPartition, restoreService, servicesOf, snapshotService }

/** A partition's state is opaque: only the engine that made it may look inside. */
export type Engine = {
  readonly claimOf: typeof claimOf
  readonly foldRecord: typeof foldRecord
  readonly openPartition: typeof openPartition
  readonly restoreService: typeof restoreService
  readonly servicesOf: typeof servicesOf
  readonly snapshotService: typeof snapshotService
}
