/** Reads the log for a dry run: from the service's newest checkpoint before the window, else from the log's start. */
import { askedBy, type Asked, type Moment } from '../core/audit/dry-run-comparison.ts'
import { dryRunRecord, openDryRun, type DryRun } from '../core/audit/dry-run.ts'
import type { SnapshotTaken } from '../core/events/decided.ts'
import type { SignalEvent } from '../core/events/event.ts'
import type { EventLog } from '../core/ports.ts'
import type { ServiceManifest } from '../core/service/specification.ts'
import type { DurationMs, EpochMs, Offset } from '../core/units.ts'

export type HistoryQuestion = {
  readonly inForce: ServiceManifest
  readonly candidate: ServiceManifest
  /** World time. */
  readonly nowMs: EpochMs
  readonly windowMs: DurationMs
  /** Hash of the deciding code of this program: only its own checkpoints can be read. */
  readonly coreHash: string
}

export type DryRunHistory = {
  readonly fromMs: EpochMs
  readonly untilMs: EpochMs
  /** Evaluations compared; 0 when there is no history. */
  readonly evaluations: number
  readonly records: number
  readonly moments: readonly Moment[]
  readonly decided: Asked
  readonly candidate: Asked
  /** Other versions that decided in the window: what stands under `decided` is then what this version makes of it. */
  readonly otherCores: readonly string[]
}

/** Throws the log's port errors. */
export const readHistory = async (eventLog: EventLog, question: HistoryQuestion): Promise<DryRunHistory> => {
  const { inForce, candidate, nowMs, windowMs, coreHash } = question
  const service = candidate.metadata.name
  const partition = await eventLog.partitionOf('signals', service)
  const bounds = (await eventLog.bounds('signals')).find((one) => one.partition === partition) ?? { start: 0, end: 0 }
  const fromMs = nowMs - windowMs
  const checkpoint = await checkpointBefore(eventLog, { partition, service, coreHash, beforeMs: fromMs - warmUpMs(candidate), start: bounds.start })
  const run = openDryRun({ service, candidate, partition, fromMs }, checkpoint)
  const from = checkpoint === null ? bounds.start : checkpoint.lastInputOffset + 1
  const records = await fold(eventLog, run, { from, to: bounds.end })
  const untilMs = Math.max(fromMs, run.claim.lastTickMs)
  return {
    fromMs,
    untilMs,
    evaluations: run.comparison.evaluations,
    records,
    moments: run.comparison.moments,
    decided: askedBy(run.comparison.decided, inForce.spec, untilMs),
    candidate: askedBy(run.comparison.candidate, candidate.spec, untilMs),
    otherCores: [...run.coreHashes].filter((hash) => hash !== coreHash).sort(),
  }
}

/** A candidate remembers recommendations by itself, from the checkpoint on: its longest window must have passed before the comparison. */
const warmUpMs = ({ spec }: ServiceManifest): DurationMs =>
  1000 *
  Math.max(
    spec.policies.proportional.windowSeconds,
    spec.policies.latencyGuard.windowSeconds,
    spec.behavior.scaleUp.stabilizationWindowSeconds,
    spec.behavior.scaleDown.stabilizationWindowSeconds,
    spec.evidence.staleAfterSeconds,
  )

type Wanted = { readonly partition: number; readonly service: string; readonly coreHash: string; readonly beforeMs: EpochMs; readonly start: Offset }

const checkpointBefore = async (eventLog: EventLog, wanted: Wanted): Promise<SnapshotTaken | null> => {
  const partition = await eventLog.partitionOf('checkpoints', wanted.service)
  const bounds = (await eventLog.bounds('checkpoints')).find((one) => one.partition === partition)
  if (bounds === undefined) return null
  let newest: SnapshotTaken | null = null
  for await (const { event } of eventLog.read({ topic: 'checkpoints', partition, from: bounds.start, to: bounds.end })) {
    if (event?.type !== 'SnapshotTaken' || !isUsable(event, wanted)) continue
    if (newest === null || event.lastInputOffset >= newest.lastInputOffset) newest = event
  }
  return newest
}

const isUsable = (checkpoint: SnapshotTaken, { partition, service, coreHash, beforeMs, start }: Wanted): boolean =>
  checkpoint.service === service &&
  checkpoint.partition === partition &&
  checkpoint.coreHash === coreHash &&
  checkpoint.time <= beforeMs &&
  checkpoint.lastInputOffset + 1 >= start

const fold = async (eventLog: EventLog, run: DryRun, range: { readonly from: Offset; readonly to: Offset }): Promise<number> => {
  let records = 0
  for await (const record of eventLog.read({ topic: 'signals', partition: run.partition, ...range })) {
    if (record.event !== null) dryRunRecord(run, { ...record, event: record.event as SignalEvent })
    records += 1
  }
  return records
}
