/** A small world around the deciders: services under a load that rises and falls, whose intents are carried out at once. */
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { canonicalJson } from '../../../core/canonical.ts'
import type { ScaleIntentEmitted } from '../../../core/events/decided.ts'
import type { SignalEvent } from '../../../core/events/event.ts'
import type { Clock, EventLog } from '../../../core/ports.ts'
import { roles, type RoleCounts } from '../../../core/roles.ts'
import { validateManifest } from '../../../core/service/validate.ts'

const example = new URL('../../../docs/examples/chat-70b.yaml', import.meta.url)

const manifestFor = (service: string): string => {
  const content = parse(readFileSync(example, 'utf8')) as { readonly metadata: object }
  const validation = validateManifest({ ...content, metadata: { ...content.metadata, name: service } })
  if (!validation.ok) throw new Error(`the example is refused: ${JSON.stringify(validation.faults)}`)
  return canonicalJson(validation.manifest)
}

type Fleet = { counts: RoleCounts; lastSequence: number }

export type World = {
  configure(service: string): Promise<void>
  remove(service: string): Promise<void>
  /** Every service is measured once, at the clock's present. */
  observe(): Promise<void>
  /** Each intent that was read since the last call takes effect and is reported as completed. */
  carryOut(): Promise<void>
}

export const createWorld = async (eventLog: EventLog, clock: Clock): Promise<World> => {
  const appender = await eventLog.appender()
  const fleets = new Map<string, Fleet>()
  const intents: ScaleIntentEmitted[] = []
  await eventLog.follow({
    topics: ['intents'],
    from: 'start',
    onRecord: ({ event }) => void (event?.type === 'ScaleIntentEmitted' && intents.push(event)),
  })
  const write = async (events: readonly (SignalEvent & { readonly service: string })[]): Promise<void> => {
    await appender.append(events.map((event) => ({ topic: 'signals', key: event.service, event })))
  }
  const carryOutOne = async (intent: ScaleIntentEmitted): Promise<void> => {
    const fleet = fleets.get(intent.service)
    if (fleet === undefined || intent.sequence <= fleet.lastSequence) return
    fleets.set(intent.service, { counts: intent.target, lastSequence: intent.sequence })
    await write(reportsOf(intent, clock.now()))
  }
  return {
    configure: async (service) => {
      fleets.set(service, { counts: { prefill: 2, decode: 4 }, lastSequence: 0 })
      await write([{ type: 'ServiceConfigured', service, generation: 1, manifest: manifestFor(service), author: 'test', time: clock.now() }])
    },
    remove: async (service) => {
      fleets.delete(service)
      await write([{ type: 'ServiceRemoved', service, author: 'test', time: clock.now() }])
    },
    observe: async () => {
      for (const [service, fleet] of fleets) await write(observationsOf(service, fleet, clock.now()))
    },
    carryOut: async () => {
      for (const intent of intents.splice(0)) await carryOutOne(intent)
    },
  }
}

/** Demand in tokens per second: a peak every five minutes, at a different time per service. */
const demandAt = (service: string, time: number): number => {
  const seconds = time / 1000 + service.length * 37
  return Math.round(6000 + 5000 * Math.sin((seconds / 300) * 2 * Math.PI))
}

const observationsOf = (service: string, { counts, lastSequence }: Fleet, time: number) => {
  const source = 'collector-1/sub-1'
  const window = { service, source, windowStartMs: time - 1000, windowEndMs: time }
  const tps = { prefill: demandAt(service, time) * 4, decode: demandAt(service, time) }
  return [
    ...roles.flatMap((role) => {
      const sample = { ...window, role, instancesHeard: counts[role], instancesRegistered: counts[role] }
      return [
        { ...sample, type: 'TpsObserved' as const, tps: tps[role] },
        { ...sample, type: 'LatencyObserved' as const, ttftMsP95: 400, tbtMsP95: 20, requests: 100 },
      ]
    }),
    { type: 'CollectorHeartbeat' as const, service, source, time, targetsKnown: 6, targetsScraped: 6 },
    {
      type: 'InstancesObserved' as const,
      service,
      subCluster: 'sub-1',
      complete: true,
      observedAt: time,
      groups: [{ group: `${service}-0`, domain: 'vdc/cluster/sub-1/s2-1', sequence: lastSequence, roles: roles.map((role) => observedRole(role, counts[role])) }],
    },
  ]
}

const observedRole = (role: (typeof roles)[number], count: number) => ({
  role,
  desired: count,
  scheduled: count,
  ready: count,
  registered: count,
  gpuType: role === 'prefill' ? 'H100' : 'H20',
})

const reportsOf = (intent: ScaleIntentEmitted, time: number) => {
  const { service, intentId, sequence, target } = intent
  const fact = { type: 'RolloutReported' as const, service, intentId, sequence, step: null, detail: '', partial: false, time, ...target }
  return [
    { ...fact, group: `${service}-0`, reportId: `${intentId}/placed`, outcome: 'placed' as const },
    { ...fact, group: `${service}-0`, reportId: `${intentId}/committed`, outcome: 'committed' as const },
    { ...fact, group: null, prefill: null, decode: null, reportId: `${intentId}/completed`, outcome: 'completed' as const },
  ]
}
