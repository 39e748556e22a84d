/** What the story of the controls does to a fleet: an operator's orders, the death of everything, and a look at the effects. */
import { readFile } from 'node:fs/promises'
import { readProgress } from '../../adapters/temporal/repair.ts'
import { connectClient } from '../../adapters/temporal/connection.ts'
import { demoService, demoServiceFile } from '../../cli/demo/play.ts'
import { createApiClient } from '../../cli/api-client.ts'
import type { EventOf } from '../../core/events/event.ts'
import { rolloutWorkflowId } from '../../core/ids.ts'
import type { RoleCounts } from '../../core/roles.ts'
import type { FleetChange, GroupWriteChange } from '../../core/rollout/fleet-change.ts'
import type { ControlOrderedAnswer } from '../../services/api/answers.ts'
import type { RolloutProgress } from '../../workflows/messages.ts'
import { until } from '../support/until.ts'
import { speed, type FleetStory } from './fleet-story.ts'

export type Order = { readonly scope: string; readonly control: string; readonly value: string; readonly prefill?: number; readonly decode?: number; readonly forSeconds?: number; readonly replace?: boolean }

/** How old the controls may be that an effect rests on: 2 s of wall time, in world time. */
export const graceMs = 2_000 * speed

/**
 * Applies the example service with at least this many instances: a growth that is due whatever the load. A rollout may be
 * halted for as long as it takes to start everything anew.
 */
export const atLeast = async ({ running }: FleetStory, { prefill, decode }: RoleCounts): Promise<void> => {
  const file = await readFile(demoServiceFile, 'utf8')
  const changed = file
    .replace('minReplicas: 2', `minReplicas: ${prefill}`)
    .replace('minReplicas: 4', `minReplicas: ${decode}`)
    .replace(/readyDeadlineSeconds: \d+/, 'readyDeadlineSeconds: 3600')
    .replace(/intentTtlSeconds: \d+/, 'intentTtlSeconds: 900')
  const answer = await createApiClient(running.fleet.apiUrl).post<{ outcome: string }>('/services?waitSeconds=30', Buffer.from(changed), { 'x-heteroscale-author': 'ada' })
  if (answer.outcome !== 'accepted') throw new Error(`the service file was ${answer.outcome}`)
}

/** World time of the record in `controls`. */
export const order = async ({ running }: FleetStory, asked: Order): Promise<number> => {
  const response = await fetch(`${running.fleet.apiUrl}/api/v1/controls?waitSeconds=20`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-heteroscale-author': 'ada' },
    body: JSON.stringify({ ...asked, reason: 'a switch is being repaired' }),
  })
  if (!response.ok) throw new Error(`order: ${response.status} ${await response.text()}`)
  return ((await response.json()) as ControlOrderedAnswer).control.time
}

/** kill -9 of every process of ours, of the broker and of Temporal, at one moment; all come back on what they had written. The emulated world lives on: it is not ours. */
export const killEverything = async ({ running }: FleetStory): Promise<void> => {
  const { emulator: _world, ...ours } = running.fleet.processes
  const { kafka, temporal } = running.stack
  for (const process of [...Object.values(ours), kafka, temporal]) if (!process.kill('SIGKILL')) throw new Error(`${process.name} was dead already`)
  await Promise.all([kafka.restart(), temporal.restart()])
  await Promise.all(Object.values(ours).map((process) => process.restart()))
}

/** Growths, and registrations of what has grown, in the order of the sub-cluster's change log. Gates and undos are no forward writes. */
export const forwardWrites = async ({ world }: FleetStory): Promise<readonly GroupWriteChange[]> => {
  const changes = (await world.changes()).split('\n').filter(Boolean).map((line) => JSON.parse(line) as FleetChange)
  return changes.filter((change): change is GroupWriteChange => change.kind === 'written' && change.undoes === null && change.key.startsWith('rollout/'))
}

export type StepDone = EventOf<'RolloutStepDone'>

/** The first fact of this kind, not older than `since`. */
export const nextStep = async ({ events }: FleetStory, what: Partial<StepDone>, since: number): Promise<StepDone> => {
  const found = (): StepDone | undefined =>
    events.find((event): event is StepDone => event.type === 'RolloutStepDone' && event.time >= since && fits(event, what))
  await until(`a step with ${JSON.stringify(what)}`, () => found() !== undefined, 90_000)
  return found() as StepDone
}

const fits = (event: StepDone, what: Partial<StepDone>): boolean => (Object.keys(what) as (keyof StepDone)[]).every((key) => event[key] === what[key])

/** Asks the workflow itself: an answer also proves that Temporal and the orchestrator live again. */
export const progressOf = async ({ running }: FleetStory, { intentId, group }: StepDone): Promise<RolloutProgress | null> => {
  const { client, close } = await connectClient({ address: running.stack.temporalAddress, namespace: 'default', tls: null })
  try {
    return await readProgress(client, rolloutWorkflowId(demoService, intentId, group))
  } finally {
    await close()
  }
}

/** The rollout of this step has ended in either way. */
export const endOf = async ({ ledger }: FleetStory, { intentId, group }: StepDone): Promise<string> => {
  const end = () => ledger.ends.find((one) => one.intentId === intentId && one.group === group && one.outcome !== 'stuck')
  await until(`the end of the rollout of ${group} for ${intentId}`, () => end() !== undefined, 90_000)
  return end()?.outcome ?? ''
}
