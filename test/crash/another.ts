/** One more process beside a fleet: a second orchestrator, or a decider of another release. */
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cellEnvironment } from '../../infra/local/fleet.ts'
import { pickPort } from '../../infra/local/ports.ts'
import { superviseProcess } from '../../infra/local/process.ts'
import type { ServerHandle } from '../../infra/local/process.ts'
import { projectRoot } from '../../infra/local/project-root.ts'
import { bundleCore } from '../../infra/core-bundle/bundle.mjs'
import type { Stage } from './stage.ts'

export type AnotherProcess = { readonly name: string; readonly role: string; /** Role of its orders; default: its name. */ readonly armedAs?: string; /** Root of another release; default: this one. */ readonly root?: string }

/** Resolves when it is ready. It obeys orders for `armedAs`. */
export const startAnother = async (stage: Stage, { name, role, armedAs = name, root = projectRoot }: AnotherProcess): Promise<ServerHandle> => {
  const { servers, fleet, world, arming, dir } = stage
  const port = await pickPort(0)
  const handle = superviseProcess({
    name,
    command: process.execPath,
    args: ['--enable-source-maps', join(root, 'dist/services', role, 'main.js')],
    logFile: join(dir, `${name}.log`),
    readyTimeoutMs: 120_000,
    probe: async () => {
      const response = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(2_000) })
      if (response.status !== 200) throw new Error(`not ready: ${response.status}`)
    },
    env: {
      ...cellEnvironment(fleet.emulatorUrl),
      KAFKA_BROKERS: servers.kafkaBrokers.join(','),
      TEMPORAL_ADDRESS: servers.temporalAddress,
      HETEROSCALE_TOPIC_PREFIX: 'heteroscale',
      HETEROSCALE_HTTP_PORT: String(port),
      HETEROSCALE_OWNER_ID: name,
      HETEROSCALE_SPEED: String(world.speed),
      HETEROSCALE_WORLD_EPOCH_MS: String(world.worldEpochMs),
      HETEROSCALE_WALL_EPOCH_MS: String(world.wallEpochMs),
      HETEROSCALE_SNAPSHOT_INTERVAL_MS: '1000',
      ...arming.environment(armedAs),
    },
  })
  await handle.whenReady()
  return handle
}

export type OtherRelease = { readonly root: string; readonly coreHash: string; /** Folder that holds its core, for a replay. */ readonly cores: string }

/** An instance is expected to carry a tenth less: a policy number that somebody changed. */
const changed = { file: 'core/scaling/proportional.ts', from: 'policies.proportional.targetPerInstance)', to: 'policies.proportional.targetPerInstance * 0.9)' }

/** The same program with a core whose policy reckons otherwise, as an upgrade brings it. */
export const otherRelease = async (dir: string): Promise<OtherRelease> => {
  const root = join(dir, 'release')
  mkdirSync(root)
  for (const own of ['dist', 'core']) cpSync(join(projectRoot, own), join(root, own), { recursive: true })
  for (const shared of ['node_modules', 'schemas', 'package.json', 'package-lock.json']) symlinkSync(join(projectRoot, shared), join(root, shared))
  const source = readFileSync(join(root, changed.file), 'utf8')
  if (!source.includes(changed.from)) throw new Error(`${changed.file} no longer holds ${changed.from}: change another number`)
  writeFileSync(join(root, changed.file), source.replace(changed.from, changed.to))
  const { coreHash, text } = await bundleCore(root)
  const cores = join(root, 'dist/cores')
  writeFileSync(join(cores, `${coreHash}.mjs`), text)
  writeFileSync(join(cores, 'current.json'), JSON.stringify({ coreHash }))
  return { root, coreHash, cores }
}
