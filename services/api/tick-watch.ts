/** Hears the ticks of `signals`. Where none comes nobody decides, and no record says so: what stands last looks as if it still held. */
import { partitionOfKey } from '../../core/murmur2.ts'
import type { Clock } from '../../core/ports.ts'
import type { EpochMs } from '../../core/units.ts'
import type { NotDecidingAnswer, SilenceThen } from './answers.ts'

/** Wall time: a partition whose owner died is taken over after a session of 6 s, restored, and ticks about a second later. */
const SILENT_AFTER_MS = 15_000
/** Silences that are remembered, of all partitions together; each is an outage of its owner. */
const REMEMBERED = 1_000

type LastTick = { readonly at: EpochMs; readonly ownerId: string; readonly count: number }
type Silence = SilenceThen & { readonly partition: number; readonly until: EpochMs }

export type TickWatch = ReturnType<typeof createTickWatch>

/** `partitions`: how many `signals` has; a service's inputs stand in one of them. */
export const createTickWatch = ({ clock, partitions }: { readonly clock: Clock; readonly partitions: number }) => {
  const startedAt = clock.now()
  const last = new Map<number, LastTick>()
  let silences: readonly Silence[] = []
  const sinceOf = (partition: number): EpochMs => last.get(partition)?.at ?? startedAt
  const isSilent = (partition: number): boolean => (clock.now() - sinceOf(partition)) / clock.speed > SILENT_AFTER_MS
  const partitionOf = (service: string): number => partitionOfKey(service, partitions)
  return {
    /** World time from which on ticks were heard. */
    startedAt,
    /** Dated by this process's clock: the tick's own time is its sender's claim. */
    heard(partition: number, ownerId: string): void {
      const until = clock.now()
      if (isSilent(partition)) silences = [...silences, { partition, since: sinceOf(partition), until }].slice(-REMEMBERED)
      last.set(partition, { at: until, ownerId, count: (last.get(partition)?.count ?? 0) + 1 })
    },
    /** How many ticks were heard beside a service: one more means that somebody decides for it. */
    countBeside: (service: string): number => last.get(partitionOf(service))?.count ?? 0,
    /** Null when somebody decides for each of `services`. */
    notDeciding(services: readonly string[]): NotDecidingAnswer | null {
      const silent = services.map((service) => ({ service, partition: partitionOf(service) })).filter(({ partition }) => isSilent(partition))
      if (silent.length === 0) return null
      const numbers = [...new Set(silent.map(({ partition }) => partition))].sort((a, b) => a - b)
      const lastOwners = numbers.flatMap((number) => last.get(number)?.ownerId ?? [])
      return { services: silent.map(({ service }) => service).sort(), partitions: numbers, since: Math.min(...numbers.map(sinceOf)), lastOwners: [...new Set(lastOwners)] }
    },
    /** The silence that covered a moment in the past; null when ticks came then, and before anything was heard of. */
    silenceAt(service: string, at: EpochMs): SilenceThen | null {
      const partition = partitionOf(service)
      if (isSilent(partition) && at > sinceOf(partition)) return { partition, since: sinceOf(partition), until: null }
      return silences.find((silence) => silence.partition === partition && silence.since < at && at < silence.until) ?? null
    },
  }
}
