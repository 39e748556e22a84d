/** Plays a stage on a running fleet: applies the service, starts the traffic, plants faults, waits for the end. */
import { setTimeout as delay } from 'node:timers/promises'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { projectRoot } from '../../infra/local/project-root.ts'
import type { ApplyAnswer } from '../../services/api/answers.ts'
import { createApiClient } from '../api-client.ts'
import type { EmulatedWorld } from './emulated-world.ts'
import type { Ledger } from './ledger.ts'
import type { Screen } from './screen.ts'
import type { PlannedFault, Stage } from './stage.ts'
import { showGauges } from './watch.ts'

/** The file that the README shows and the tests load. */
export const demoServiceFile = 'docs/examples/chat-70b.yaml'
export const demoService = 'chat-70b'

export type Play = {
  readonly stage: Stage
  readonly apiUrl: string
  readonly world: EmulatedWorld
  readonly ledger: Ledger
  readonly screen: Screen
}

/** Wall time that rollouts under way get to end after the traffic has. A readiness deadline is 9 s at speed 20. */
const settleMs = 30_000
const pollMs = 100

/** Resolves with the world time at which traffic began, after every intent has ended. */
export const play = async ({ stage, apiUrl, world, ledger, screen }: Play): Promise<{ startedAt: number }> => {
  await applyService(apiUrl)
  const startedAt = await world.startTraffic(demoService)
  screen.begin(startedAt)
  const stopGauges = showGauges(ledger, screen, stage.speed)
  await Promise.all([
    delay((stage.minutes * 60_000) / stage.speed),
    ...stage.planned.map((fault) => plant({ world, screen, stage }, fault, startedAt)),
  ])
  stopGauges()
  await settled(ledger)
  return { startedAt }
}

const applyService = async (apiUrl: string): Promise<void> => {
  const bytes = await readFile(join(projectRoot, demoServiceFile))
  const answer = await createApiClient(apiUrl).post<ApplyAnswer>('/services?waitSeconds=30', bytes, { 'x-heteroscale-author': 'demo' })
  if (answer.outcome !== 'accepted') throw new Error(`E_DEMO ${demoService}: the service file was ${answer.outcome}: ${answer.message}`)
}

const plant = async ({ world, screen, stage }: Pick<Play, 'world' | 'screen' | 'stage'>, fault: PlannedFault, startedAt: number): Promise<void> => {
  await delay((fault.atMinute * 60_000) / stage.speed)
  await world.plantFault({ ...fault.body, service: demoService })
  const { kind, rollouts, durationMs } = fault.body
  const extent = rollouts !== undefined ? `for the next ${rollouts} rollout` : durationMs !== undefined ? `for ${durationMs / 60_000} minutes` : 'from now on'
  screen.show({ time: startedAt + fault.atMinute * 60_000, text: `⚡ fault planted: ${kind} ${extent}`, tone: 'bad' })
}

/** An intent that never ends shows in the verdict: its reservation stays open. */
const settled = async (ledger: Ledger): Promise<void> => {
  const deadline = Date.now() + settleMs
  while ((ledger.openIntents.size > 0 || ledger.openReservations.size > 0) && Date.now() < deadline) await delay(pollMs)
}
