import { describe, expect, it } from 'vitest'
import { createMemoryBroker } from '../../../adapters/memory/event-log.ts'
import { createMetrics } from '../../../adapters/prometheus/registry.ts'
import type { ScaleIntentEmitted } from '../../../core/events/decided.ts'
import { portError } from '../../../core/port-error.ts'
import type { Clock, EventLog, Logger } from '../../../core/ports.ts'
import { decide, emptyQueue, evolve, refusalOf } from '../../../core/rollout/intent-queue.ts'
import type { IntentSubmitter } from '../../../core/rollout/submission.ts'
import { consumeIntents } from '../../../services/orchestrator/intents.ts'
import { createOrchestratorMeters } from '../../../services/orchestrator/meters.ts'
import { epoch, intentOf } from '../../core/rollout/orders.ts'

/** An entity in memory over the queue of core. `down` is how many calls fail before Temporal answers again. */
const entityOf = (down = 0, afterAccepted = (): void => {}) => {
  const accepted: ScaleIntentEmitted[] = []
  let queue = emptyQueue
  let failures = down
  const submitter: IntentSubmitter = {
    submit: async (intent) => {
      if (failures-- > 0) throw portError('unavailable', 'E_SUBMIT: planned')
      const refusal = refusalOf(queue, intent)
      if (refusal !== null) return refusal.code === 'DUPLICATE' ? { kind: 'duplicate' } : { kind: 'refused', detail: refusal.detail }
      queue = decide(queue, { type: 'SubmitIntent', intent }).reduce(evolve, queue)
      accepted.push(intent)
      afterAccepted()
      return { kind: 'accepted' }
    },
  }
  return { submitter, accepted }
}

const group = 'fleet-orchestrator'
const clock: Clock = { now: () => epoch, speed: 1, sleep: async () => {} }
const log: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, child: () => log }

const consumed = async (eventLog: EventLog, entity: ReturnType<typeof entityOf>, intents: readonly ScaleIntentEmitted[], time = clock) => {
  const appender = await eventLog.appender()
  await appender.append(intents.map((event) => ({ topic: 'intents' as const, key: event.service, event })))
  const meters = createOrchestratorMeters(createMetrics('orchestrator'))
  const subscription = await consumeIntents({ group, eventLog, appender, submitter: entity.submitter, clock: time, log, meters })
  const partition = await eventLog.partitionOf('intents', 'chat')
  const end = (await eventLog.bounds('intents')).find((each) => each.partition === partition)?.end
  await expect.poll(async () => (await eventLog.committed(group, 'intents')).get(partition)).toBe(end)
  await subscription.close()
}

const reported = async (eventLog: EventLog) => {
  const partition = await eventLog.partitionOf('signals', 'chat')
  const end = (await eventLog.bounds('signals')).find((each) => each.partition === partition)?.end ?? 0
  const events = []
  for await (const { event } of eventLog.read({ topic: 'signals', partition, from: 0, to: end })) events.push(event)
  return events
}

const intent = (sequence: number, changes: Partial<ScaleIntentEmitted> = {}) => intentOf({ sequence, intentId: `i-${sequence}`, ...changes })

describe('the orchestrator reads intents', () => {
  it('hands each on once, in order, and commits behind the last', async () => {
    const entity = entityOf()
    await consumed(createMemoryBroker().eventLog(), entity, [intent(1), intent(2), intent(2), intent(1), intent(3)])
    expect(entity.accepted.map(({ sequence }) => sequence)).toEqual([1, 2, 3])
  })

  it('tries again until Temporal answers, and only then commits', async () => {
    const entity = entityOf(3)
    await consumed(createMemoryBroker().eventLog(), entity, [intent(1)])
    expect(entity.accepted).toHaveLength(1)
  })

  it('asks the workflow about an expired intent too, and gives it no verdict by itself', async () => {
    const entity = entityOf()
    const eventLog = createMemoryBroker().eventLog()
    await consumed(eventLog, entity, [intent(1, { expiresAt: epoch - 5 }), intent(2)])
    expect(entity.accepted.map(({ sequence }) => sequence)).toEqual([1, 2])
    expect(await reported(eventLog)).toEqual([])
  })

  it('gives no second verdict to what a new process reads again after its expiry', async () => {
    const entity = entityOf()
    const eventLog = createMemoryBroker().eventLog()
    await consumed(eventLog, entity, [intent(1), intent(2)])
    await consumed(eventLog, entity, [intent(1), intent(2)], { ...clock, now: () => epoch + 1_000_000 })
    expect(entity.accepted.map(({ sequence }) => sequence)).toEqual([1, 2])
    expect(await reported(eventLog)).toEqual([])
  })

  it('says nothing of a late intent that a newer one overtook', async () => {
    const entity = entityOf()
    const eventLog = createMemoryBroker().eventLog()
    await consumed(eventLog, entity, [intent(2), intent(1, { expiresAt: epoch - 5 })])
    expect(entity.accepted.map(({ sequence }) => sequence)).toEqual([2])
    expect(await reported(eventLog)).toEqual([])
  })

  it('does not call an intent expired that was handed on and comes again after its expiry', async () => {
    let now = epoch
    const entity = entityOf(0, () => void (now += 1_000_000))
    const eventLog = createMemoryBroker().eventLog()
    await consumed(eventLog, entity, [intent(1), intent(1)], { ...clock, now: () => now })
    expect(entity.accepted.map(({ sequence }) => sequence)).toEqual([1])
    expect(await reported(eventLog)).toEqual([])
  })

  it('tells the decider of a refusal by sequence, with the number to go above, when Kafka began anew and Temporal did not', async () => {
    const entity = entityOf()
    await consumed(createMemoryBroker().eventLog(), entity, [intent(40)])
    const recreated = createMemoryBroker().eventLog()
    await consumed(recreated, entity, [intent(1, { intentId: 'i-anew-1' })])
    expect(entity.accepted).toHaveLength(1)
    expect(await reported(recreated)).toMatchObject([
      { intentId: 'i-anew-1', group: null, outcome: 'refused', detail: expect.stringContaining("the workflow's last sequence is 40") as unknown },
    ])
  })

  it('gives a refusal that it tells again around a crash another id, for it has another time', async () => {
    let now = epoch
    const entity = entityOf()
    const eventLog = createMemoryBroker().eventLog()
    const refused = intent(1, { intentId: 'i-anew-1' })
    await consumed(createMemoryBroker().eventLog(), entity, [intent(40)])
    await consumed(eventLog, entity, [refused], { ...clock, now: () => now })
    now += 5
    await consumed(eventLog, entity, [refused], { ...clock, now: () => now })
    expect(await reported(eventLog)).toMatchObject([epoch, epoch + 5].map((time) => ({ reportId: `orchestrator/i-anew-1/refused@${time}`, time })))
  })

  it('hears of it also in the process that handed on the old log', async () => {
    const entity = entityOf()
    const eventLog = createMemoryBroker().eventLog()
    await consumed(eventLog, entity, [intent(40), intent(1, { intentId: 'i-anew-1' })])
    expect(await reported(eventLog)).toMatchObject([{ intentId: 'i-anew-1', outcome: 'refused' }])
  })

  it('gives a redelivered intent no second verdict after a restart', async () => {
    const entity = entityOf()
    const eventLog = createMemoryBroker().eventLog()
    await consumed(eventLog, entity, [intent(1), intent(2)])
    await consumed(eventLog, entity, [intent(1), intent(2)])
    expect(entity.accepted).toHaveLength(2)
    expect(await reported(eventLog)).toEqual([])
  })
})
