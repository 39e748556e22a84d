/** One producer of one process: one send in flight, as the production adapter keeps it. */
import { portError } from '../../../core/port-error.ts'
import type { Appended, Appender, OutRecord } from '../../../core/ports.ts'
import type { SimProcess } from '../process.ts'
import type { Broker } from './broker.ts'

export const createAppender = (broker: Broker, process: SimProcess): Appender => {
  let turn: Promise<unknown> = Promise.resolve()
  let closed = false
  return {
    append: (records) => {
      if (closed) return Promise.reject(portError('unavailable', 'APPENDER_CLOSED: append after close; nothing was appended'))
      const mine = turn.then(() => send({ broker, process }, records))
      turn = mine.catch(() => undefined)
      return mine
    },
    close: async () => {
      closed = true
      await turn
    },
  }
}

type Parts = { readonly broker: Broker; readonly process: SimProcess }

/** A request that meets an outage is refused after the client's retries, or waits the outage out inside them. */
const send = async (parts: Parts, records: readonly OutRecord[]): Promise<readonly Appended[]> => {
  const { broker, process } = parts
  const { stage } = broker
  const travel = { there: stage.between(0.5, 3) + slowness(broker), back: stage.between(0.5, 3) }
  const outcome = await process.ask(travel, () => attempt(broker, records), kindOf(records))
  if (outcome.kind === 'done') return outcome.appended
  if (outcome.kind === 'wait') {
    stage.hit('kafka-down:queued')
    return waitOut(parts, records, outcome.forMs)
  }
  await process.clock.sleep(outcome.afterMs)
  throw outcome.error
}

/** An append with an intent in it is one of intents. */
const kindOf = (records: readonly OutRecord[]): string => `append ${records.find(({ topic }) => topic === 'intents')?.topic ?? records[0]?.topic ?? ''}`

const waitOut = async (parts: Parts, records: readonly OutRecord[], forMs: number): Promise<readonly Appended[]> => {
  const { broker, process } = parts
  const travel = { there: forMs, back: broker.stage.between(0.5, 3) }
  const outcome = await process.ask(travel, () => attempt(broker, records))
  if (outcome.kind === 'done') return outcome.appended
  if (outcome.kind === 'wait') return waitOut(parts, records, outcome.forMs)
  throw outcome.error
}

type Attempt =
  | { readonly kind: 'done'; readonly appended: readonly Appended[] }
  | { readonly kind: 'wait'; readonly forMs: number }
  | { readonly kind: 'failed'; readonly error: Error; readonly afterMs: number }

/** The client tries for ever; one send in ten ends otherwise, as when the broker comes back without knowing its producer. */
const attempt = (broker: Broker, records: readonly OutRecord[]): Attempt => {
  const { stage, health } = broker
  const now = stage.scheduler.nowMs
  if (broker.isDown) {
    const leftMs = health.downUntilMs - now
    if (stage.chance(0.9)) return { kind: 'wait', forMs: leftMs + stage.between(1, 400) }
    stage.hit('kafka-down:refused')
    return { kind: 'failed', error: unavailable('the broker does not answer'), afterMs: stage.between(500, 8_000) }
  }
  if (health.diskFullUntilMs > now) {
    stage.hit('disk-full')
    if (stage.chance(0.5)) return { kind: 'wait', forMs: stage.between(100, 2_000) }
    return { kind: 'failed', error: unavailable('the broker has no room on its disk'), afterMs: stage.between(50, 2_000) }
  }
  const appended = broker.write(records)
  if (health.lostAnswersUntilMs > now && stage.chance(health.lostAnswers)) {
    stage.hit('lost-answers')
    return { kind: 'failed', error: portError('timeout', 'E_KAFKA append: no acknowledgement in time; the records may be in the log'), afterMs: stage.between(500, 4_000) }
  }
  return { kind: 'done', appended }
}

const slowness = ({ stage, health }: Broker): number => {
  if (health.slowUntilMs <= stage.scheduler.nowMs) return 0
  stage.hit('slow-writes')
  return stage.between(0, health.slowByMs)
}

const unavailable = (why: string): Error => portError('unavailable', `E_KAFKA append: ${why}; the records may be in the log`)
