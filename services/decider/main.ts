/** Runs the decider: `node dist/services/decider/main.js`. */
import { randomBytes, randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { runService } from '../run.ts'
import { runningCore } from '../core-bundle.ts'
import { deciderConfig } from './config.ts'
import { startDecider } from './decider.ts'
import { createDeciderMetrics } from './metrics.ts'

await runService({
  name: 'decider',
  config: deciderConfig,
  start: async ({ config, log, metrics, clock, eventLog }) => {
    const ownerId = config.HETEROSCALE_OWNER_ID ?? `${hostname()}-${process.pid}-${randomBytes(4).toString('hex')}`
    const { coreHash, engine } = await runningCore()
    log.info({ ownerId, coreHash }, 'deciding with this core')
    return startDecider({
      eventLog: await eventLog(),
      group: `${config.HETEROSCALE_TOPIC_PREFIX}-decider`,
      clock,
      log,
      metrics: createDeciderMetrics(metrics),
      coreHash,
      engine,
      ownerId,
      simulated: config.HETEROSCALE_SPEED !== undefined,
      tickMs: config.HETEROSCALE_TICK_MS,
      snapshotIntervalMs: config.HETEROSCALE_SNAPSHOT_INTERVAL_MS,
      mintLogId: randomUUID,
    })
  },
})
