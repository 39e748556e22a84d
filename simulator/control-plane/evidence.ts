/** What the outside world saw of a history: the input of an independent checker (test/checker/evidence.ts has the same shape). */
import type { LogRecord } from '../../core/ports.ts'
import type { FleetChange } from '../../core/rollout/fleet-change.ts'
import type { Topic } from '../../core/topics.ts'
import type { EpochMs, Offset } from '../../core/units.ts'
import type { CallLine } from './cluster/calls.ts'

export type EvidenceRun = {
  readonly seed: number
  readonly simulated: boolean
  readonly tickMs: number
  readonly latenessMs: number
  readonly fromMs: EpochMs
  readonly toMs: EpochMs
  readonly healedAtMs: EpochMs
  readonly services: readonly string[]
  readonly convergeMs: number
}

export type EvidenceRecord = { readonly partition: number; readonly offset: Offset; readonly timestampMs: EpochMs; readonly key: string | null; readonly value: Uint8Array | null }

export type NemesisLine = { readonly fault: string; readonly target: string; readonly fromMs: EpochMs; readonly toMs: EpochMs; readonly hits: number; readonly clockOffsetMs?: number; readonly delayMs?: number }

export type CommitLine = { readonly timeMs: EpochMs; readonly partition: number; readonly offset: Offset }

export type Evidence = {
  readonly run: EvidenceRun
  readonly topics: { readonly [topic in Topic]?: readonly EvidenceRecord[] }
  readonly formerSignals: readonly { readonly deletedAtMs: EpochMs; readonly records: readonly EvidenceRecord[] }[]
  readonly subClusters: { readonly [subCluster: string]: readonly FleetChange[] }
  readonly nemesis: readonly NemesisLine[]
  readonly calls: { readonly [subCluster: string]: readonly CallLine[] }
  readonly commits: readonly CommitLine[]
}

/** The same before its records became bytes. */
export type RawEvidence = Omit<Evidence, 'topics' | 'formerSignals'> & {
  readonly topics: ReadonlyMap<Topic, readonly LogRecord[]>
  readonly formerSignals: readonly { readonly deletedAtMs: EpochMs; readonly records: readonly LogRecord[] }[]
}

/** `encode` is the codec of the Kafka adapter, which the simulator may not import. */
export const encodeEvidence = ({ topics, formerSignals, ...rest }: RawEvidence, encode: (record: LogRecord) => Uint8Array | null): Evidence => ({
  ...rest,
  formerSignals: formerSignals.map(({ deletedAtMs, records }) => ({ deletedAtMs, records: records.map((record) => new EncodedWhenAsked(record, encode)) })),
  topics: Object.fromEntries(
    [...topics].map(([topic, records]) => [
      topic,
      records.map((record) => new EncodedWhenAsked(record, encode)),
    ]),
  ),
})

/** A state is large, and nobody may ever ask for its bytes. */
class EncodedWhenAsked implements EvidenceRecord {
  readonly partition: number
  readonly offset: Offset
  readonly timestampMs: EpochMs
  readonly key: string | null
  readonly #record: LogRecord
  readonly #encode: (record: LogRecord) => Uint8Array | null

  constructor(record: LogRecord, encode: (record: LogRecord) => Uint8Array | null) {
    this.partition = record.partition
    this.offset = record.offset
    this.timestampMs = record.appendedAtMs
    this.key = record.key
    this.#record = record
    this.#encode = encode
  }

  get value(): Uint8Array | null {
    return this.#encode(this.#record)
  }
}
