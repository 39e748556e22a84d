/** Registrar: opens and closes the registration gates of one sub-cluster. It needs that sub-cluster and nothing else. */
import type { z } from 'zod'
import { createEmulatorSubCluster } from '../../adapters/emulator/sub-cluster.ts'
import { runService, type RunningService, type ServiceContext } from '../run.ts'
import { startLoop } from './loop.ts'
import { createRegistrarMeters } from './meters.ts'
import { createRegistrar } from './pass.ts'
import { registrarShape } from './settings.ts'

type RegistrarConfig = z.output<z.ZodObject<typeof registrarShape>>

/** Not ready after this many intervals without a read: 3 s at the default interval. */
const intervalsUntilStale = 20

const start = async ({ config, metrics, log }: ServiceContext<RegistrarConfig>): Promise<RunningService> => {
  const [target] = config.HETEROSCALE_SUB_CLUSTER
  if (target === undefined) throw new Error('BUG: the configuration was accepted without a sub-cluster')
  const subCluster = createEmulatorSubCluster({ ...target, timeoutMs: config.HETEROSCALE_REGISTRAR_TIMEOUT_MS })
  const meters = createRegistrarMeters(metrics)
  const registrar = createRegistrar({ subCluster, meters, log })
  const loop = startLoop({ registrar, meters, log, intervalMs: config.HETEROSCALE_REGISTRAR_INTERVAL_MS })
  return { ready: () => loop.isFresh(intervalsUntilStale), stop: () => loop.stop() }
}

await runService({ name: 'registrar', config: registrarShape, start })
