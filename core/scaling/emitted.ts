/** What folding one record makes the decider write. */
import type { DecidedEvent } from '../events/decided.ts'
import type { ServiceId } from '../ids.ts'

/** A record to append; `event: null` is a tombstone. */
export type Emitted = {
  readonly topic: 'decisions' | 'intents' | 'services' | 'rollouts'
  readonly key: ServiceId
  readonly event: DecidedEvent | null
}
