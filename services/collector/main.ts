/**
 * Collector: reads engines, instances and nodes of a cell's sub-clusters and appends what it saw to the log. It also is the
 * gate through which the measurements of foreign producers come.
 */
import { createEmulatorSubCluster } from '../../adapters/emulator/sub-cluster.ts'
import { runService, type RunningService, type ServiceContext } from '../run.ts'
import { createEngineScraper } from './engines.ts'
import { createGpuScraper } from './gpus.ts'
import { createGateDesk } from './gate-desk.ts'
import { startGateReports } from './gate-reports.ts'
import { gateGroup, openGate } from './gate.ts'
import { followServices, type KnownServices } from './known-services.ts'
import { startLoop } from './loop.ts'
import { createCollectorMetrics, createGateMeters } from './meters.ts'
import { createProducers } from './producers.ts'
import { createRounds, type Rounds } from './round.ts'
import { collectorShape, type CollectorConfig } from './settings.ts'

/** A collector that has not finished a round in this many intervals is not ready. */
const intervalsUntilStale = 5

const start = async (context: ServiceContext<CollectorConfig>): Promise<RunningService> => {
  const { config, clock, log } = context
  const eventLog = await context.eventLog()
  const services = await followServices(eventLog)
  await services.caughtUp()
  const loop = startLoop({
    rounds: new Map(config.HETEROSCALE_SUB_CLUSTERS.map((target) => [target.name, roundsOf(context, target)])),
    services: services.names,
    appender: await eventLog.appender(),
    clock,
    intervalMs: config.HETEROSCALE_SCRAPE_INTERVAL_MS,
    log,
    meters: createCollectorMetrics(context.metrics),
  })
  const gate = await startGate(context, services)
  const fresh = (): boolean =>
    clock.now() - (loop.lastRoundAt() ?? -Infinity) < intervalsUntilStale * config.HETEROSCALE_SCRAPE_INTERVAL_MS
  return {
    ready: fresh,
    died: Promise.race([services.died, gate.died]),
    stop: async () => {
      await Promise.all([loop.stop(), gate.stop()])
      await services.close()
    },
  }
}

const roundsOf = (context: ServiceContext<CollectorConfig>, target: { name: string; url: string }): Rounds => {
  const { config, clock } = context
  return createRounds({
    cell: config.HETEROSCALE_CELL,
    source: `${config.HETEROSCALE_COLLECTOR_ID}/${target.name}`,
    subCluster: createEmulatorSubCluster(target),
    scraper: createEngineScraper({ clock, deadlineMs: config.HETEROSCALE_SCRAPE_DEADLINE_MS }),
    gpus: createGpuScraper(config.HETEROSCALE_DCGM_URL, config.HETEROSCALE_SCRAPE_DEADLINE_MS),
    clock,
    inventoryIntervalMs: config.HETEROSCALE_INVENTORY_INTERVAL_MS,
    foreign: new Set(config.HETEROSCALE_FOREIGN_SERVICES),
  })
}

/** Sources that begin with the default name of a collector are no stranger's, wherever that collector runs. */
const collectorName = 'collector'

const startGate = async (context: ServiceContext<CollectorConfig>, services: KnownServices) => {
  const { config, clock, log } = context
  const eventLog = await context.eventLog()
  const appender = await eventLog.appender()
  const meters = createGateMeters(context.metrics)
  const producers = createProducers({ perSecond: config.HETEROSCALE_GATE_RECORDS_PER_SECOND, burst: config.HETEROSCALE_GATE_BURST })
  const id = config.HETEROSCALE_COLLECTOR_ID
  const desk = createGateDesk({
    rules: { isKnown: services.has, allow: config.HETEROSCALE_GATE_ALLOW ?? null, reserved: [collectorName, id] },
    producers,
    now: () => clock.now(),
    onRefused: (reason) => meters.records.inc({ outcome: reason }),
  })
  const gate = await openGate({ group: gateGroup(config.HETEROSCALE_TOPIC_PREFIX), eventLog, appender, desk, producers, clock, log, meters })
  const reports = startGateReports({ gate: id, producers, appender, clock, log })
  const stop = async (): Promise<void> => {
    await gate.close()
    await reports.stop()
  }
  return { died: gate.died, stop }
}

await runService({ name: 'collector', config: collectorShape, start })
