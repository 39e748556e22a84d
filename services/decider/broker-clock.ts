/** Asks the broker for its time: a member that withdrew has no ticks that could tell, and maybe nobody else ticks either. */
import type { ClockTicked } from '../../core/events/input.ts'
import type { Appender, Clock, EventLog } from '../../core/ports.ts'
import { clockToleranceMs } from '../../core/scaling/claim.ts'
import type { EpochMs } from '../../core/units.ts'

export type BrokerClockOptions = {
  readonly eventLog: EventLog
  readonly ticks: Appender
  readonly clock: Clock
  readonly ownerId: string
  readonly coreHash: string
}

/**
 * True when a tick sent now would count: a probe is appended to partition 0 of `signals` and its append time read
 * back. A broker that takes longer than the tolerance answers false, as it would ignore the tick. Throws the log's port
 * errors.
 */
export const clockAgrees = async ({ eventLog, ticks, clock, ownerId, coreHash }: BrokerClockOptions): Promise<boolean> => {
  const probe = probeTick({ ownerId, coreHash }, clock.now())
  const [at] = await ticks.append([{ topic: 'signals', key: null, partition: 0, event: probe }])
  if (at === undefined) return false
  for await (const { appendedAtMs } of eventLog.read({ topic: 'signals', partition: at.partition, from: at.offset, to: at.offset + 1 }))
    return Math.abs(appendedAtMs - probe.time) <= clockToleranceMs
  return false
}

/** A tick of epoch 0, which no claim has: whatever a partition holds, every fold ignores it. */
const probeTick = (own: Pick<ClockTicked, 'ownerId' | 'coreHash'>, time: EpochMs): ClockTicked => ({
  type: 'ClockTicked',
  logId: '',
  epoch: 0,
  ownerId: own.ownerId,
  coreHash: own.coreHash,
  decidedThrough: -1,
  simulated: false,
  time,
})
