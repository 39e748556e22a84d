/** Follows the log while the demo runs: enters every record in the ledger and shows those that tell the story. */
import type { EventLog, Follower } from '../../core/ports.ts'
import { countEnds, emptyLedger, enter, type Ledger } from './ledger.ts'
import type { Screen } from './screen.ts'
import { gaugeText, lineOf } from './timeline.ts'

export type Watch = { readonly ledger: Ledger; readonly follower: Follower }

/** World time between two lines that show load and fleet. */
const gaugeEveryMs = 60_000

/** Starts at the log's beginning. Records that a second owner repeated show once. */
export const watchLog = async (eventLog: EventLog, screen: Screen, onFirstCommit: () => void): Promise<Watch> => {
  const ledger = emptyLedger()
  const shown = new Set<string | undefined>()
  const follower = await eventLog.follow({
    topics: ['signals', 'decisions', 'intents', 'rollouts', 'services', 'cells'],
    from: 'start',
    onRecord: (record) => {
      const commits = countEnds(ledger, 'committed', 'scale-out')
      enter(ledger, record, Date.now())
      const line = record.event === null ? null : lineOf(record.event)
      // A service is accepted again with each change of its conditions; the line says the same and is shown once.
      const key = record.event?.type === 'ServiceAccepted' ? line?.text : JSON.stringify(line)
      if (line !== null && !shown.has(key)) screen.show(line)
      shown.add(key)
      if (commits === 0 && countEnds(ledger, 'committed', 'scale-out') === 1) onFirstCommit()
    },
  })
  return { ledger, follower }
}

/** One line per world minute; returns the stop. */
export const showGauges = (ledger: Ledger, screen: Screen, speed: number): (() => void) => {
  const timer = setInterval(() => {
    if (ledger.gauge.time === 0) return
    ledger.gauges.push(ledger.gauge)
    screen.show({ time: ledger.gauge.time, text: gaugeText(ledger.gauge), tone: 'quiet' })
  }, gaugeEveryMs / speed)
  return () => clearInterval(timer)
}
