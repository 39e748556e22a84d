/** One demo, from a fleet that is ready to a report whose claims were computed. */
import { createKafkaEventLog } from '../../adapters/kafka/event-log.ts'
import { ratioBandOf } from '../../core/service/specification.ts'
import type { Running } from '../bring-up.ts'
import { localKafka } from '../local-kafka.ts'
import { describeReport } from '../replay-text.ts'
import { loadServiceFile } from '../service-file.ts'
import type { Terminal } from '../terminal.ts'
import { checkBand, explainInFreshProcess, replayInFreshProcess } from './audit.ts'
import { emulatedWorld, type EmulatedWorld } from './emulated-world.ts'
import { demoService, demoServiceFile, play } from './play.ts'
import { reportOf, summaryLines, type DemoReport } from './report.ts'
import { notRestored } from './restored.ts'
import type { Screen } from './screen.ts'
import type { Stage } from './stage.ts'
import { judge } from './verdict.ts'
import { watchLog, type Watch } from './watch.ts'

export type Performance = {
  readonly stage: Stage
  readonly running: Running
  readonly screen: Screen
  readonly terminal: Terminal
  /** Wall time at which the command was given. */
  readonly commandStartedAt: number
}

/** Plays the stage on a running fleet, proves what it showed, prints both. The fleet is stopped when it resolves. */
export const perform = async (performance: Performance): Promise<DemoReport> => {
  const { stage, running, screen, commandStartedAt } = performance
  const sinceCommand = (): number => Date.now() - commandStartedAt
  const installedMs = running.installedAt - commandStartedAt
  const healthyMs = running.healthyAt - commandStartedAt
  screen.say(`healthy ${inSeconds(healthyMs)} after the command; Temporal's page is ${running.stack.temporalUiUrl ?? '-'}\n`)
  screen.begin(running.world?.worldEpochMs ?? Date.now())
  const eventLog = createKafkaEventLog(localKafka('demo', running.stack.kafkaBrokers))
  const watch = await watchLog(eventLog, screen, () => screen.say(`  first scale-out committed ${inSeconds(sinceCommand())} after the command`))
  const world = emulatedWorld(running.fleet.emulatorUrl)
  const { startedAt } = await play({ stage, apiUrl: running.fleet.apiUrl, world, ledger: watch.ledger, screen })
  if (stage.fault !== null) await explainUndone(watch, running, screen)
  const firstCommit = watch.ledger.firstCommitAt
  const timings = { installedMs, healthyMs, firstScaleOutCommittedMs: firstCommit === null ? null : firstCommit - commandStartedAt }
  const report = await prove({ stage, running, watch, world, startedAt, terminal: performance.terminal, timings })
  await watch.follower.close()
  await eventLog.close()
  for (const line of summaryLines(report)) screen.say(line)
  for (const line of describeReport(report.replay)) screen.say(line)
  return report
}

const inSeconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

/** With a fault, the story of the first rollout that was undone, from the samples to the undo. */
const explainUndone = async ({ ledger }: Watch, running: Running, screen: Screen): Promise<void> => {
  const undone = ledger.ends.find(({ outcome }) => outcome === 'rolled-back')
  const decision = ledger.decisions.find(({ intentId }) => intentId === undone?.intentId)
  if (decision === undefined) return
  screen.say(`\n$ heteroscale explain ${decision.decisionId}\n${await explainInFreshProcess(running.fleet.apiUrl, decision.decisionId)}`)
}

type Proof = {
  readonly stage: Stage
  readonly running: Running
  readonly watch: Watch
  readonly world: EmulatedWorld
  readonly startedAt: number
  readonly terminal: Terminal
  readonly timings: DemoReport['wall']
}

/** The fleet stops before the replay, so that the log that is replayed is the log that is compared. */
const prove = async ({ stage, running, watch, world, startedAt, terminal, timings }: Proof): Promise<DemoReport> => {
  const served = await world.report(demoService)
  const changeLog = await world.changes()
  await running.fleet.stop()
  await watch.follower.caughtUp()
  const { manifest } = await loadServiceFile(demoServiceFile, terminal, 'nothing was checked')
  const [replay, band] = await Promise.all([
    replayInFreshProcess(running.stack.kafkaBrokers),
    checkBand(changeLog, running.stack.dir, ratioBandOf(manifest.spec)),
  ])
  const evidence = { stage, ledger: watch.ledger, replay, band, startedAt, notRestored: notRestored(changeLog) }
  return reportOf({ evidence, served, timings, expectations: judge(evidence) })
}

