/** Emulator: a sub-cluster with emulated engines behind an HTTP API. A process of its own; it needs no other server. */
import { worldFaultKinds, type WorldFaultKind } from '../../simulator/faults.ts'
import { ConfigError } from '../config.ts'
import { runService, type RunningService, type ServiceContext } from '../run.ts'
import { createEmulation, type Emulation } from './emulation.ts'
import { startMoving } from './moving.ts'
import { addEmulatorRoutes } from './routes.ts'
import { loadScenario } from './scenario.ts'
import { emulatorShape, type EmulatorConfig } from './settings.ts'

const start = async ({ config, clock, http, log, metrics }: ServiceContext<EmulatorConfig>): Promise<RunningService> => {
  const emulation = createEmulation(loadScenario(config), clock)
  plantFaults(emulation, config.HETEROSCALE_EMULATOR_FAULTS ?? [])
  if (config.HETEROSCALE_EMULATOR_AUTOSTART) for (const service of emulation.world.services.keys()) emulation.startWorkload(service)
  addEmulatorRoutes(http, emulation)
  const moving = startMoving(emulation, { log, behind: metrics.gauge('heteroscale_emulator_behind_seconds', 'World time that the world is behind its clock.') })
  return {
    ready: moving.keepsUp,
    died: moving.died,
    stop: async () => {
      moving.stop()
      emulation.apiFaults.release()
    },
  }
}

const plantFaults = ({ world }: Emulation, kinds: readonly string[]): void => {
  for (const kind of kinds) {
    if (!isFaultKind(kind)) throw new ConfigError([`HETEROSCALE_EMULATOR_FAULTS: got ${kind}; allowed: ${worldFaultKinds.join(', ')}`])
    world.plantFault({ kind })
  }
}

const isFaultKind = (kind: string): kind is WorldFaultKind => worldFaultKinds.some((known) => known === kind)

await runService({ name: 'emulator', config: emulatorShape, start })
