/** Hears the ticks of `signals`. Where none comes nobody decides, and no record says so: what stands last looks as if it still held. */
import { partitionOfKey } from '../../core/murmur2.ts'
import type { Clock } from '../../core/ports.ts'
import type { EpochMs } from '../../core/units.ts'
import type { NotDecidingAnswer } from './answers.ts'

/** Wall time: a partition whose owner died is taken over after a session of 6 s, restored, and ticks about a second later. */
const SILENT_AFTER_MS = 15_000

export type TickWatch = ReturnType<typeof createTickWatch>

/** `partitions`: how many `signals` has; a service's inputs stand in one of them. */
export const createTickWatch = ({ clock, partitions }: { readonly clock: Clock; readonly partitions: number }) => {
  const startedAt = clock.now()
  const heardAt = new Map<number, EpochMs>()
  const sinceOf = (partition: number): EpochMs => heardAt.get(partition) ?? startedAt
  const isSilent = (partition: number): boolean => (clock.now() - sinceOf(partition)) / clock.speed > SILENT_AFTER_MS
  return {
    /** Dated by this process's clock: the tick's own time is its sender's claim. */
    heard: (partition: number): void => void heardAt.set(partition, clock.now()),
    /** Null when somebody decides for each of `services`. */
    notDeciding(services: readonly string[]): NotDecidingAnswer | null {
      const silent = services.map((service) => ({ service, partition: partitionOfKey(service, partitions) })).filter(({ partition }) => isSilent(partition))
      if (silent.length === 0) return null
      const numbers = [...new Set(silent.map(({ partition }) => partition))].sort((a, b) => a - b)
      return { services: silent.map(({ service }) => service).sort(), partitions: numbers, since: Math.min(...numbers.map(sinceOf)), heard: numbers.some((number) => heardAt.has(number)) }
    },
  }
}
