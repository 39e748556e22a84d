/** Reads intents and brings each to the workflow of its service; an offset is committed only after that answered. */
import type { ScaleIntentEmitted } from '../../core/events/decided.ts'
import type { RolloutReported } from '../../core/events/input.ts'
import type { ServiceId } from '../../core/ids.ts'
import { isPortError } from '../../core/port-error.ts'
import type { Appender, Clock, EventLog, GroupHandler, Logger, RecordBatch, Subscription } from '../../core/ports.ts'
import { isExpired } from '../../core/rollout/submission.ts'
import type { IntentSubmitter } from '../../core/rollout/submission.ts'
import type { Offset } from '../../core/units.ts'
import type { OrchestratorMeters } from './meters.ts'

export const orchestratorGroup = 'heteroscale-orchestrator'

export type IntentParts = {
  readonly eventLog: EventLog
  readonly appender: Appender
  readonly submitter: IntentSubmitter
  readonly clock: Clock
  readonly log: Logger
  readonly meters: Pick<OrchestratorMeters, 'intents'>
}

/** Wall time between two attempts to reach Temporal. */
const retryEveryMs = 500

/** Resolves when this process is a member of the group. */
export const consumeIntents = async (parts: IntentParts): Promise<Subscription> => {
  const life: Life = { closing: false, newest: new Map(), partitions: new Set() }
  const subscription = await parts.eventLog.join({ group: orchestratorGroup, topic: 'intents', handler: handlerOf(parts, life) })
  return {
    died: subscription.died,
    close: () => {
      life.closing = true
      return subscription.close()
    },
  }
}

/** `newest`: per service the highest sequence that this process handed on. The workflow's own check outlives us. */
type Life = { closing: boolean; readonly newest: Map<ServiceId, number>; readonly partitions: Set<number> }

const handlerOf = (parts: IntentParts, life: Life): GroupHandler => ({
  assigned: async (partition) => {
    life.partitions.add(partition)
    return startOf(parts.eventLog, partition)
  },
  batch: (batch) => handOn(parts, life, batch),
  revoked: (partition) => void life.partitions.delete(partition),
  stopped: (partition, error) => {
    parts.log.error({ partition, err: error }, 'E_INTENTS a record cannot be read; intents of this partition wait for a version that reads it')
  },
})

const startOf = async (eventLog: EventLog, partition: number): Promise<Offset> => {
  const committed = (await eventLog.committed(orchestratorGroup, 'intents')).get(partition)
  if (committed !== undefined) return committed
  return (await eventLog.bounds('intents')).find((bounds) => bounds.partition === partition)?.start ?? 0
}

/** Returns the offset behind the last intent that was answered; a partition that was taken away stops there. */
const handOn = async (parts: IntentParts, life: Life, { partition, records }: RecordBatch): Promise<Offset | null> => {
  let next: Offset | null = null
  for (const { event, offset } of records) {
    if (event?.type === 'ScaleIntentEmitted' && !(await answered(parts, life, { intent: event, partition }))) return next
    next = offset + 1
  }
  return next
}

type Received = { readonly intent: ScaleIntentEmitted; readonly partition: number }

/** True when nothing is left to do for the intent, false when this process stopped being the one to do it. */
const answered = async (parts: IntentParts, life: Life, { intent, partition }: Received): Promise<boolean> => {
  const { clock, log } = parts
  while (!life.closing && life.partitions.has(partition)) {
    try {
      await submit(parts, life, intent)
      return true
    } catch (error) {
      if (!isPortError(error, 'unavailable') && !isPortError(error, 'timeout')) throw error
      log.warn({ intentId: intent.intentId, err: error }, 'an intent could not be handed on; it is tried again')
      await clock.sleep(retryEveryMs * clock.speed)
    }
  }
  return false
}

const submit = async (parts: IntentParts, life: Life, intent: ScaleIntentEmitted): Promise<void> => {
  const { clock, log, meters, submitter } = parts
  const outcome = await judge()
  if (intent.sequence > (life.newest.get(intent.service) ?? 0)) life.newest.set(intent.service, intent.sequence)
  meters.intents.inc({ outcome })
  log.info({ intentId: intent.intentId, service: intent.service, sequence: intent.sequence, outcome }, 'intent')

  async function judge(): Promise<'repeated' | 'expired' | 'accepted' | 'duplicate' | 'refused'> {
    if (intent.sequence <= (life.newest.get(intent.service) ?? 0)) return 'repeated'
    if (!isExpired(intent.expiresAt, clock.now())) return (await submitter.submit(intent)).kind
    await parts.appender.append([{ topic: 'signals', key: intent.service, event: expiredReport(intent, clock.now()) }])
    return 'expired'
  }
}

/**
 * A refusal by sequence is not reported: it may be a redelivery of an intent that was carried out long ago, and an
 * intent has one verdict.
 */
const expiredReport = (intent: ScaleIntentEmitted, now: number): RolloutReported => ({
  type: 'RolloutReported',
  reportId: `orchestrator/${intent.intentId}/expired`,
  service: intent.service,
  intentId: intent.intentId,
  sequence: intent.sequence,
  group: null,
  step: null,
  outcome: 'expired',
  detail: `${now - intent.expiresAt} ms past its expiry when it was read`,
  prefill: null,
  decode: null,
  partial: false,
  time: now,
})
