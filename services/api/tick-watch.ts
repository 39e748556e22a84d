/** Hears the ticks of `signals`. Where none comes nobody decides, and no record says so: what stands last looks as if it still held. */
import { partitionOfKey } from '../../core/murmur2.ts'
import type { Clock } from '../../core/ports.ts'
import type { EpochMs } from '../../core/units.ts'
import type { NotDecidingAnswer, SilenceThen } from './answers.ts'

/** Wall time: a partition whose owner died is taken over after a session of 6 s, restored, and ticks about a second later. */
const SILENT_AFTER_MS = 15_000
/** Silences that are remembered, of all partitions together; each is an outage of its owner. */
const REMEMBERED = 1_000

type Tick = { readonly partition: number; readonly ownerId: string; readonly appendedAt: EpochMs }
type LastTick = Tick & { readonly heardAt: EpochMs; readonly count: number }
type Silence = SilenceThen & { readonly partition: number; readonly until: EpochMs }

export type TickWatch = ReturnType<typeof createTickWatch>

/** `partitions`: how many `signals` has; a service's inputs stand in one of them. */
export const createTickWatch = ({ clock, partitions }: { readonly clock: Clock; readonly partitions: number }) => {
  const startedAt = clock.now()
  const last = new Map<number, LastTick>()
  let silences: readonly Silence[] = []
  const isLong = (worldMs: number): boolean => worldMs / clock.speed > SILENT_AFTER_MS
  const sinceOf = (partition: number): EpochMs => last.get(partition)?.heardAt ?? startedAt
  const isSilent = (partition: number): boolean => isLong(clock.now() - sinceOf(partition))
  const partitionOf = (service: string): number => partitionOfKey(service, partitions)
  return {
    /** World time from which on ticks were heard. */
    startedAt,
    /**
     * Present silence is measured by this process's clock: neither a tick's own time nor the broker's is needed for it. A past one is the
     * time between two ticks in the log, so that who hears late does not take his own outage for the deciders'.
     */
    heard(tick: Tick): void {
      const { partition, appendedAt } = tick
      const before = last.get(partition)
      const since = before?.appendedAt ?? startedAt
      if (isLong(appendedAt - since)) silences = [...silences, { partition, since, until: appendedAt }].slice(-REMEMBERED)
      last.set(partition, { ...tick, heardAt: clock.now(), count: (before?.count ?? 0) + 1 })
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
