/**
 * The gate: takes what foreign producers wrote to `metrics`, and appends what may count unchanged to `signals`. A member of a
 * consumer group, so that several collectors share the partitions; an offset is committed only after the append was
 * acknowledged, and a record that comes twice by that counts once, because the first of an identity wins.
 */
import { isPortError } from '../../core/port-error.ts'
import type { Appender, Clock, EventLog, GroupHandler, Logger, OutRecord, RecordBatch, Subscription } from '../../core/ports.ts'
import type { Observation } from '../../core/signals/gate.ts'
import type { Offset } from '../../core/units.ts'
import { committedOrStart } from '../group-start.ts'
import type { GateDesk } from './gate-desk.ts'
import type { GateMeters } from './meters.ts'
import type { Producers } from './producers.ts'

export type GateParts = {
  /** Consumer group; one per fleet. */
  readonly group: string
  readonly eventLog: EventLog
  /** Not the collector's own: a flood must not stand in the queue before its rounds. */
  readonly appender: Appender
  readonly desk: GateDesk
  readonly producers: Producers
  readonly clock: Clock
  readonly log: Logger
  readonly meters: GateMeters
}

/** Wall time between two attempts to append. */
const retryEveryMs = 500

/** Name of the gates' consumer group. Two fleets may share brokers, so it carries the fleet's topic prefix. */
export const gateGroup = (topicPrefix: string): string => `${topicPrefix}-gate`

/** Resolves when this process is a member of the group. `died` rejects when the gate can take no more records. */
export const openGate = async (parts: GateParts): Promise<Subscription> => {
  const life: Life = { closing: false, partitions: new Set() }
  const subscription = await parts.eventLog.join({ group: parts.group, topic: 'metrics', handler: handlerOf(parts, life) })
  return {
    died: subscription.died,
    close: () => {
      life.closing = true
      return subscription.close()
    },
  }
}

type Life = { closing: boolean; readonly partitions: Set<number> }

const handlerOf = (parts: GateParts, life: Life): GroupHandler => ({
  assigned: async (partition) => {
    life.partitions.add(partition)
    return committedOrStart({ ...parts, topic: 'metrics' }, partition)
  },
  batch: (batch) => handOn(parts, life, batch),
  revoked: (partition) => void life.partitions.delete(partition),
  unreadable: (letters) => parts.desk.unreadable(letters),
})

/** Judges each record once; the offset behind the batch when all that was accepted is in the log. */
const handOn = async (parts: GateParts, life: Life, { partition, records }: RecordBatch): Promise<Offset | null> => {
  const accepted: Observation[] = []
  let next: Offset | null = null
  for (const record of records) {
    const answer = parts.desk.admit(record)
    if (!('reason' in answer)) accepted.push(answer)
    next = record.offset + 1
  }
  if (accepted.length > 0 && !(await appended(parts, life, { accepted, partition }))) {
    parts.desk.forget(accepted)
    return null
  }
  const now = parts.clock.now()
  for (const { source } of accepted) parts.producers.accepted(source, now)
  parts.meters.records.inc({ outcome: 'accepted' }, accepted.length)
  return next
}

type Passing = { readonly accepted: readonly Observation[]; readonly partition: number }

/** Tries until the log takes them; false when the partition went to another gate meanwhile, which reads them again. */
const appended = async ({ appender, clock, log }: GateParts, life: Life, { accepted, partition }: Passing): Promise<boolean> => {
  const records = accepted.map((event): OutRecord => ({ topic: 'signals', key: event.service, event }))
  while (!life.closing && life.partitions.has(partition)) {
    try {
      await appender.append(records)
      return true
    } catch (error) {
      if (!isPortError(error, 'unavailable') && !isPortError(error, 'timeout')) throw error
      log.warn({ err: error, partition, records: records.length }, 'E_APPEND the gate could not hand measurements on; it tries again')
      await clock.sleep(retryEveryMs * clock.speed)
    }
  }
  return false
}
