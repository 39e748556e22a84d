/** Reads intents and brings each to the workflow of its service; an offset is committed only after that answered. */
import type { ScaleIntentEmitted } from '../../core/events/decided.ts'
import type { RolloutReported } from '../../core/events/input.ts'
import type { IntentId } from '../../core/ids.ts'
import { isPortError } from '../../core/port-error.ts'
import type { Appender, Clock, EventLog, GroupHandler, Logger, RecordBatch, Subscription } from '../../core/ports.ts'
import { isExpired } from '../../core/rollout/submission.ts'
import type { IntentSubmitter } from '../../core/rollout/submission.ts'
import type { Offset } from '../../core/units.ts'
import { committedOrStart } from '../group-start.ts'
import type { OrchestratorMeters } from './meters.ts'

export type IntentParts = {
  /** Consumer group; one per fleet. */
  readonly group: string
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
  const life: Life = { closing: false, handedOn: new Set(), partitions: new Set() }
  const subscription = await parts.eventLog.join({ group: parts.group, topic: 'intents', handler: handlerOf(parts, life) })
  return {
    died: subscription.died,
    close: () => {
      life.closing = true
      return subscription.close()
    },
  }
}

/**
 * `handedOn`: the last intents that had their verdict in this process; they need not be asked about again. By id and not by
 * number, because a recreated log numbers anew.
 */
type Life = { closing: boolean; readonly handedOn: Set<IntentId>; readonly partitions: Set<number> }

/** What a rebalance redelivers reaches back to the last commit, at most one batch; 5,000 ids take some 500 KB. */
const maxHandedOn = 5_000

const handlerOf = (parts: IntentParts, life: Life): GroupHandler => ({
  assigned: async (partition) => {
    life.partitions.add(partition)
    return committedOrStart({ ...parts, topic: 'intents' }, partition)
  },
  batch: (batch) => handOn(parts, life, batch),
  revoked: (partition) => void life.partitions.delete(partition),
  stopped: (partition, error) => {
    parts.log.error({ partition, err: error }, 'E_INTENTS a record cannot be read; intents of this partition wait for a version that reads it')
  },
})

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
  remember(life, intent.intentId)
  meters.intents.inc({ outcome })
  log.info({ intentId: intent.intentId, service: intent.service, sequence: intent.sequence, outcome }, 'intent')

  /**
   * Only the workflow knows whether an intent that comes again, maybe after its expiry, was carried out: it is asked about late
   * ones too. One that it never had expires when its turn comes. A late one that it refuses had its verdict, or was overtaken.
   */
  async function judge(): Promise<'repeated' | 'expired' | 'accepted' | 'duplicate' | 'refused'> {
    if (life.handedOn.has(intent.intentId)) return 'repeated'
    const isLate = isExpired(intent.expiresAt, clock.now())
    const answer = await submitter.submit(intent)
    if (answer.kind === 'duplicate') return 'duplicate'
    if (answer.kind === 'accepted') return isLate ? 'expired' : 'accepted'
    return isLate ? 'repeated' : refuse(parts, intent, answer.detail)
  }
}

const remember = ({ handedOn }: Life, intentId: IntentId): void => {
  handedOn.add(intentId)
  for (const oldest of handedOn) {
    if (handedOn.size <= maxHandedOn) return
    handedOn.delete(oldest)
  }
}

/** Closes the intent for its decider, which otherwise waits for an answer that no workflow gives. */
const refuse = async ({ appender, clock }: IntentParts, intent: ScaleIntentEmitted, detail: string): Promise<'refused'> => {
  await appender.append([{ topic: 'signals', key: intent.service, event: refusalReport(intent, detail, clock.now()) }])
  return 'refused'
}

/** Told again around a crash it is dated anew, and so another report: what comes of an intent that is closed changes nothing. */
const refusalReport = (intent: ScaleIntentEmitted, detail: string, now: number): RolloutReported => ({
  type: 'RolloutReported',
  reportId: `orchestrator/${intent.intentId}/refused@${now}`,
  service: intent.service,
  intentId: intent.intentId,
  sequence: intent.sequence,
  group: null,
  step: null,
  outcome: 'refused',
  detail,
  prefill: null,
  decode: null,
  partial: false,
  time: now,
})
