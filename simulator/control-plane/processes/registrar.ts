/** The production registrar's pass, repeated; a pass that could see nothing new is left out. */
import { createRegistrar } from '../../../services/registrar/pass.ts'
import { createRegistrarMeters } from '../../../services/registrar/meters.ts'
import { createSubClusterPort, type ApiServer } from '../cluster/api.ts'
import { silentMetrics } from './silent-metrics.ts'
import type { Boot } from './supervisor.ts'

/** The product looks every 150 ms; here a look follows each change after up to so long, and comes every 20 s anyway. */
const reactsWithinMs = 400
const idleMs = 20_000

export const bootRegistrar =
  (server: ApiServer): Boot =>
  async (process) => {
    const { stage } = process
    const registrar = createRegistrar({ subCluster: createSubClusterPort(server, process), meters: createRegistrarMeters(silentMetrics), log: process.log })
    let wake = (): void => undefined
    server.cluster.watch(() => process.alive && process.later(stage.between(50, reactsWithinMs), () => wake()))
    const run = async (): Promise<void> => {
      for (;;) {
        const seen = server.cluster.version
        await registrar.pass().catch((error: unknown) => process.log.warn({ err: error }, 'a pass failed'))
        if (server.cluster.version === seen) await Promise.race([new Promise<void>((resolve) => (wake = resolve)), process.clock.sleep(idleMs)])
        else await process.clock.sleep(150)
      }
    }
    void run()
    return {}
  }
