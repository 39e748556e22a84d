/** What the log says after a story: who ticked, what was decided, and whether a fresh fold comes to the same. */
import { replayLog, type ReplayReport } from '../../../cli/replay-log.ts'
import type { ClockTicked } from '../../../core/events/input.ts'
import type { SignalEvent } from '../../../core/events/event.ts'
import type { EventLog, LogRecord } from '../../../core/ports.ts'
import { foldRecord, servicesOf, snapshotService, type PartitionState } from '../../../core/scaling/partition.ts'
import type { Topic } from '../../../core/topics.ts'
import type { Offset } from '../../../core/units.ts'
import { coreHash, group } from './stage.ts'

export const recordsOf = async (eventLog: EventLog, topic: Topic): Promise<readonly LogRecord[]> => {
  const records: LogRecord[] = []
  for (const { partition, start, end } of await eventLog.bounds(topic))
    for await (const record of eventLog.read({ topic, partition, from: start, to: end })) records.push(record)
  return records
}

export type Tick = ClockTicked & { readonly partition: number; readonly offset: Offset }

/** Without probes of the broker's clock: those are of epoch 0 and speak for nobody. */
export const ticksOf = async (eventLog: EventLog): Promise<readonly Tick[]> =>
  (await recordsOf(eventLog, 'signals')).flatMap(({ event, partition, offset }) =>
    event?.type === 'ClockTicked' && event.epoch > 0 ? [{ ...event, partition, offset }] : [],
  )

/** First tick of each epoch of each partition. */
export const claimsOf = async (eventLog: EventLog): Promise<readonly Tick[]> => {
  const seen = new Set<string>()
  return (await ticksOf(eventLog)).filter(({ partition, epoch }) => {
    const isFirst = !seen.has(`${partition}/${epoch}`)
    seen.add(`${partition}/${epoch}`)
    return isFirst
  })
}

export const replayed = (eventLog: EventLog, over: { readonly coreHash?: string; readonly service?: string } = {}): Promise<ReplayReport> =>
  replayLog(eventLog, { coreHash, group, ...over })

/** Folds the rest of a partition and gives every service's state as a snapshot would hold it. */
export const statesAfter = async (eventLog: EventLog, state: PartitionState, from: Offset): Promise<readonly unknown[]> => {
  const { partition } = state
  const end = (await eventLog.bounds('signals')).find((bounds) => bounds.partition === partition)?.end ?? 0
  for await (const { offset, appendedAtMs, event } of eventLog.read({ topic: 'signals', partition, from, to: end }))
    foldRecord(state, { offset, appendedAtMs, event: event as SignalEvent })
  return servicesOf(state).map((service) => snapshotService(state, service, 0))
}
