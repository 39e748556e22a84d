/** What the orchestrator tells Prometheus, and the two wrappers that measure without anyone noticing. */
import { fromZero, type Metrics } from '../../adapters/prometheus/registry.ts'
import type { Appender, Clock, OutRecord } from '../../core/ports.ts'

const intentOutcomes = ['accepted', 'duplicate', 'repeated', 'refused', 'expired']
const ends = ['committed', 'rolled-back', 'stuck']
const waits = ['halted', 'resumed']

export type OrchestratorMeters = ReturnType<typeof createOrchestratorMeters>

export const createOrchestratorMeters = (metrics: Metrics) => ({
  intents: fromZero(metrics.counter('heteroscale_intents_total', 'Intents read from the log, by what became of them.', ['outcome']), 'outcome', intentOutcomes),
  rollouts: fromZero(metrics.counter('heteroscale_rollouts_total', 'Rollouts of deployment groups that ended or got stuck.', ['outcome']), 'outcome', ends),
  halts: fromZero(metrics.counter('heteroscale_rollout_halts_total', 'Rollouts that an operator’s control halted, or let go on.', ['outcome']), 'outcome', waits),
  openRollouts: metrics.gauge('heteroscale_rollouts_open', 'Rollouts that run now, stuck ones included.'),
  stepSeconds: metrics.histogram('heteroscale_rollout_step_seconds', 'World time that an activity of a rollout took in one attempt.', {
    labelNames: ['activity', 'result'],
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 30, 60, 120, 300, 600, 1200],
  }),
})

/** Counts the ends and the halts of rollouts as their reports reach the log. */
export const countRollouts = (appender: Appender, { rollouts, halts }: OrchestratorMeters): Appender => ({
  append: async (records) => {
    const appended = await appender.append(records)
    for (const outcome of records.flatMap(outcomeOf)) {
      if (ends.includes(outcome)) rollouts.inc({ outcome })
      if (waits.includes(outcome)) halts.inc({ outcome })
    }
    return appended
  },
  close: () => appender.close(),
})

const outcomeOf = ({ event }: OutRecord): readonly string[] =>
  event?.type === 'RolloutReported' && event.group !== null ? [event.outcome] : []

type Activities = { readonly [name: string]: (input: never) => Promise<unknown> }

/** The same activities, each attempt timed. */
export const timeActivities = <A extends Activities>(activities: A, { stepSeconds }: OrchestratorMeters, clock: Clock): A => {
  const timed = (name: string, activity: Activities[string]) => async (input: never) => {
    const startedAt = clock.now()
    const observe = (result: string): void => stepSeconds.observe({ activity: name, result }, (clock.now() - startedAt) / 1000)
    try {
      const done = await activity(input)
      observe('done')
      return done
    } catch (error) {
      observe('failed')
      throw error
    }
  }
  return Object.fromEntries(Object.entries(activities).map(([name, activity]) => [name, timed(name, activity)])) as A
}
