/** The present of a log in world time: that of a simulated world is not this machine's. */
import { portError } from '../core/port-error.ts'
import type { EventLog } from '../core/ports.ts'
import type { EpochMs } from '../core/units.ts'

/** One tick a second stands among them, whatever the load; a partition with more records a second has other partitions beside it. */
const tailRecords = 5_000

/** Time of the newest tick. Throws PortError `not-found` for a log in which nobody ticks. */
export const presentOf = async (eventLog: EventLog): Promise<EpochMs> => {
  let newest = -Infinity
  for (const { partition, start, end } of await eventLog.bounds('signals'))
    for await (const { event } of eventLog.read({ topic: 'signals', partition, from: Math.max(start, end - tailRecords), to: end }))
      if (event?.type === 'ClockTicked' && event.epoch > 0) newest = Math.max(newest, event.time)
  if (newest !== -Infinity) return newest
  throw portError('not-found', 'E_NO_PRESENT signals: got no tick among the newest records; allowed: a log that a decider owns; give --from and --to as dates')
}
