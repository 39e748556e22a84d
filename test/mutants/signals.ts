/** Mistakes in measuring and in talking to the log: `core/signals`, `services/collector`, `adapters`, `services/api`. */
import type { Mutant } from './mutant.ts'

export const signalMutants: readonly Mutant[] = [
  {
    name: 'partial-view-is-fresh',
    story: 'A list of instances that was cut short counts as fresh, as long as an older one was complete.',
    file: 'core/signals/evidence.ts',
    from: "  if (views.some((view) => !view.newestComplete)) return 'failed'\n",
    to: '',
  },
  {
    name: 'failed-scrape-is-zero',
    story: 'An engine that could not be scraped counts with 0 tokens per second, and as heard.',
    file: 'core/signals/role-samples.ts',
    from: "const rate: Part<number> = ({ growth }) => growth && rateOf(growth, round.role === 'decode' ? growth.generatedTokens : growth.missedPromptTokens)",
    to: "const rate: Part<number> = ({ growth }) => (growth ? rateOf(growth, round.role === 'decode' ? growth.generatedTokens : growth.missedPromptTokens) : 0)",
  },
  {
    name: 'counter-reset-is-growth',
    story: 'A counter that fell is differenced like any other and its sign dropped, so that a restart looks like a burst.',
    file: 'core/signals/counter.ts',
    from: 'return after >= before ? after - before : after',
    to: 'return Math.abs(after - before)',
  },
  {
    name: 'coverage-of-who-spoke',
    story: 'Coverage is taken of the instances that sources spoke for, so a source that vanished leaves the rest complete.',
    file: 'core/signals/source-coverage.ts',
    from: 'const registered = Math.max(sight.registered[role], spokenFor)',
    to: 'const registered = spokenFor',
  },
  {
    name: 'heartbeat-without-targets',
    story: 'A collector that read no engine still proves that zero demand is real.',
    file: 'core/signals/heartbeat.ts',
    from: 'one.source === source && one.targetsScraped > 0 && within',
    to: 'one.source === source && within',
  },
  {
    name: 'two-sends-overlap',
    story: 'Each append starts its own run of the queue, so two sends of one idempotent producer are in flight.',
    file: 'adapters/kafka/append-queue.ts',
    from: 'running ??= run()',
    to: 'running = run()',
  },
  {
    name: 'last-record-per-id',
    story: 'The read model overwrites a decision that comes a second time under its id, instead of keeping the first.',
    file: 'services/api/read-model.ts',
    from: 'model.decisions.addFirst(event.decisionId, kept)',
    to: 'model.decisions.set(event.decisionId, kept)',
  },
]
