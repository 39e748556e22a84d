/** What the log says while a test runs: open intents, open reservations, and when which kind of record was appended. */
import { evolveCell, openCell } from '../../core/placement/cell.ts'
import type { CellRecord, CellState } from '../../core/placement/cell.ts'
import type { EventLog, Follower, LogRecord } from '../../core/ports.ts'
import { topicNames } from '../../core/topics.ts'
import type { Topic } from '../../core/topics.ts'

/** A record as far as a case asks for it. `at`: wall time of its append. */
export type Seen = { readonly topic: Topic; readonly type: string; readonly service: string | null; readonly at: number; readonly record: LogRecord }

export type History = {
  readonly seen: readonly Seen[]
  openIntents(): readonly string[]
  openReservations(): readonly string[]
  /** Why nothing was ordered for the service when this was last said; for messages. */
  lastHold(service: string): string
  close(): Promise<void>
}

const endings: ReadonlySet<string> = new Set(['IntentCompleted', 'IntentRefused', 'IntentExpired', 'IntentSuperseded'])

/** Inventories are large and say nothing about what is open. */
const followed = topicNames.filter((topic) => topic !== 'metrics' && topic !== 'snapshots' && topic !== 'checkpoints')

export const followHistory = async (eventLog: EventLog, topics: readonly Topic[] = followed): Promise<History> => {
  const seen: Seen[] = []
  const emitted = new Set<string>()
  /** Apart, because a new owner may write an intent again whose end is in the log already. */
  const ended = new Set<string>()
  const cells = new Map<string, CellState>()
  /** Nobody who decides in a log that was made again knows of intents of the one before, so that no fact comes of their reports. */
  let isMadeAgain = false
  const onRecord = (record: LogRecord): void => {
    const { event, topic, appendedAtMs } = record
    if (event === null) return
    seen.push({ topic, type: event.type, service: 'service' in event ? (event.service as string | null) : null, at: appendedAtMs, record })
    if (event.type === 'ScaleIntentEmitted') emitted.add(event.intentId)
    if (endings.has(event.type) && 'intentId' in event) ended.add(event.intentId as string)
    // A zombie's late intent is known to no decider, so that only the orchestrator's own word says how it ended.
    if (event.type === 'RolloutReported' && (event.outcome === 'refused' || (isMadeAgain && event.outcome === 'completed'))) ended.add(event.intentId)
    if (topic === 'cells') foldCell(cells, record)
  }
  const others = await eventLog.follow({ topics: topics.filter((topic) => topic !== 'signals'), from: 'start', onRecord })
  const signals = await followAnew(eventLog, onRecord, () => void (isMadeAgain = true))
  return {
    seen,
    openIntents: () => [...emitted].filter((intent) => !ended.has(intent)),
    openReservations: () => [...cells.values()].flatMap(({ reservations }) => [...reservations].filter(([, { released }]) => released === null).map(([key]) => key)),
    lastHold: (service) => seen.filter((one) => one.type === 'ScaleHeld' && one.service === service).map(({ record }) => (record.event?.type === 'ScaleHeld' ? `${record.event.reason} ${record.event.detail}` : '')).at(-1) ?? 'no hold',
    close: async () => void (await Promise.all([others.close(), signals.close()])),
  }
}

/** Follows the topic that a case deletes and makes again; `onAnew` is told before the first record of the next log. */
const followAnew = async (eventLog: EventLog, onRecord: (record: LogRecord) => void, onAnew: () => void): Promise<Pick<Follower, 'close'>> => {
  let current: Follower
  const follow = async (): Promise<void> => {
    current = await eventLog.follow({ topics: ['signals'], from: 'start', onRecord })
    current.died.catch(() => {
      onAnew()
      // Where this fails too, a case does not come to rest, and says so.
      void follow().catch(() => undefined)
    })
  }
  await follow()
  return { close: () => current.close() }
}

const foldCell = (cells: Map<string, CellState>, { offset, event }: LogRecord): void => {
  const record = { offset, event } as CellRecord // the log admits nothing else on this topic
  const { cell } = record.event
  cells.set(cell, evolveCell(cells.get(cell) ?? openCell(cell), record))
}
