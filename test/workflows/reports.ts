/** Waits for facts in the log, instead of sleeping until they may be there. */
import type { RolloutReported } from '../../core/events/input.ts'
import type { EventLog } from '../../core/ports.ts'

export type Reports = {
  all(): readonly RolloutReported[]
  /** The first fact that fits, whether it is in the log already or comes later. */
  first(fits: (report: RolloutReported) => boolean): Promise<RolloutReported>
  close(): Promise<void>
}

export const readReports = async (log: EventLog): Promise<Reports> => {
  const seen: RolloutReported[] = []
  const waiting = new Set<(report: RolloutReported) => void>()
  const follower = await log.follow({
    topics: ['signals'],
    from: 'start',
    onRecord: ({ event }) => {
      if (event?.type !== 'RolloutReported') return
      seen.push(event)
      for (const look of waiting) look(event)
    },
  })
  return {
    all: () => seen,
    first: (fits) => {
      const known = seen.find(fits)
      return known === undefined ? next(waiting, fits) : Promise.resolve(known)
    },
    close: () => follower.close(),
  }
}

const next = (waiting: Set<(report: RolloutReported) => void>, fits: (report: RolloutReported) => boolean): Promise<RolloutReported> =>
  new Promise((resolve) => {
    const look = (report: RolloutReported): void => {
      if (!fits(report)) return
      waiting.delete(look)
      resolve(report)
    }
    waiting.add(look)
  })
