/** Collector: reads engines, instances and nodes of a cell's sub-clusters and appends what it saw to the log. */
import { createEmulatorSubCluster } from '../../adapters/emulator/sub-cluster.ts'
import { runService, type RunningService, type ServiceContext } from '../run.ts'
import { createEngineScraper } from './engines.ts'
import { createGpuScraper } from './gpus.ts'
import { followServices } from './known-services.ts'
import { startLoop } from './loop.ts'
import { createCollectorMetrics } from './meters.ts'
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
  const fresh = (): boolean =>
    clock.now() - (loop.lastRoundAt() ?? -Infinity) < intervalsUntilStale * config.HETEROSCALE_SCRAPE_INTERVAL_MS
  return {
    ready: fresh,
    died: services.died,
    stop: async () => {
      await loop.stop()
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
  })
}

await runService({ name: 'collector', config: collectorShape, start })
