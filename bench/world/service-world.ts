/** One service as a collector would see it: load that rises and falls, instances that follow what was ordered. */
import type { ScaleIntentEmitted } from '../../core/events/decided.ts'
import type { SignalEvent } from '../../core/events/event.ts'
import type { ReportOutcome } from '../../core/events/input.ts'
import type { ServiceId } from '../../core/ids.ts'
import { roles, type Role, type RoleCounts } from '../../core/roles.ts'
import type { EpochMs } from '../../core/units.ts'
import { tpsPerInstance } from './specification.ts'

/** Load goes from 4 to 16 decode instances' worth and back in a day; each service is somewhere else on its way. */
const lowInstances = 4
const highInstances = 16
export const scrapeMs = 5_000
/** New instances are ready this long after they were ordered. */
const startUpMs = 26_000
const source = 'collector/sub-a'

type Rollout = { readonly intent: ScaleIntentEmitted; readonly readyAtMs: EpochMs }

export type ServiceWorld = {
  readonly service: ServiceId
  /** What the log is told at this moment: samples at a scrape, reports of a rollout that came to its end. */
  recordsAt(now: EpochMs, isScrape: boolean): readonly SignalEvent[]
  /** The decider ordered; its placement is reported at the next moment. */
  order(intent: ScaleIntentEmitted, now: EpochMs): void
}

export type Day = { readonly dayMs: number; /** In [0, 1): where in its day the service begins. */ readonly phase: number }

export const createServiceWorld = (service: ServiceId, day: Day): ServiceWorld => {
  let desired: RoleCounts = countsFor(loadAt(day, 0))
  let ready = desired
  let sequence = 0
  let rollout: Rollout | null = null
  let news: SignalEvent[] = []

  const finish = (now: EpochMs): void => {
    if (rollout === null || now < rollout.readyAtMs) return
    const { intent } = rollout
    ready = desired
    rollout = null
    news.push(report(intent, 'committed', { now, counts: desired }), report(intent, 'completed', { now, counts: null }))
  }
  return {
    service,
    order: (intent, now) => {
      desired = intent.target
      // Surplus instances go at once, new ones come later.
      ready = { prefill: Math.min(ready.prefill, desired.prefill), decode: Math.min(ready.decode, desired.decode) }
      sequence = intent.sequence
      rollout = { intent, readyAtMs: now + startUpMs }
      news.push(report(intent, 'placed', { now, counts: desired }))
    },
    recordsAt: (now, isScrape) => {
      finish(now)
      const told = news
      news = []
      if (!isScrape) return told
      const observed = { service, now, desired, ready, sequence, load: loadAt(day, now) }
      return [...told, instancesObserved(observed), ...roles.flatMap((role) => samples(observed, role)), heartbeat(observed)]
    },
  }
}

const groupOf = (service: ServiceId): string => `${service}-0-0`

const report = (intent: ScaleIntentEmitted, outcome: ReportOutcome, { now, counts }: { now: EpochMs; counts: RoleCounts | null }): SignalEvent => {
  const group = counts === null ? null : groupOf(intent.service)
  return {
    type: 'RolloutReported',
    reportId: `${intent.intentId}/${group ?? ''}/${outcome}`,
    service: intent.service,
    intentId: intent.intentId,
    sequence: intent.sequence,
    group,
    step: null,
    outcome,
    detail: '',
    prefill: counts?.prefill ?? null,
    decode: counts?.decode ?? null,
    partial: false,
    time: now,
  }
}

/** Tokens per second of all decode instances, with a ripple of 2 % so that no two samples are equal. */
const loadAt = ({ dayMs, phase }: Day, now: EpochMs): number => {
  const angle = 2 * Math.PI * (phase + now / dayMs)
  const instances = lowInstances + (highInstances - lowInstances) * (0.5 - 0.5 * Math.cos(angle))
  return Math.round(tpsPerInstance * instances * (1 + 0.02 * Math.sin(37 * angle)))
}

const countsFor = (tps: number): RoleCounts => {
  const prefill = Math.max(1, Math.ceil(tps / tpsPerInstance / 2))
  return { prefill, decode: 2 * prefill }
}

type Observed = {
  readonly service: ServiceId
  readonly now: EpochMs
  readonly desired: RoleCounts
  readonly ready: RoleCounts
  readonly sequence: number
  readonly load: number
}

const instancesObserved = ({ service, now, desired, ready, sequence }: Observed): SignalEvent => ({
  type: 'InstancesObserved',
  service,
  subCluster: 'sub-a',
  complete: true,
  observedAt: now,
  groups: [
    {
      group: groupOf(service),
      domain: 'vdc-0/cluster-0/sub-a/s2-0',
      sequence,
      roles: roles.map((role) => ({
        role,
        desired: desired[role],
        scheduled: desired[role],
        ready: ready[role],
        registered: ready[role],
        gpuType: role === 'prefill' ? 'H100' : 'H20',
      })),
    },
  ],
})

/** The four samples that a collector makes of a role whose nodes serve DCGM. */
const samples = ({ service, now, ready, load }: Observed, role: Role): readonly SignalEvent[] => {
  const sample = {
    service,
    role,
    source,
    windowStartMs: now - scrapeMs,
    windowEndMs: now,
    instancesHeard: ready[role],
    instancesRegistered: ready[role],
  }
  const share = load / (ready.decode * tpsPerInstance)
  const requests = Math.round(load / 100)
  const latency = role === 'prefill' ? { ttftMsP95: Math.round(500 * share), tbtMsP95: null } : { ttftMsP95: null, tbtMsP95: Math.round(25 * share) }
  return [
    { type: 'TpsObserved', ...sample, tps: role === 'decode' ? load : 10 * load },
    { type: 'LatencyObserved', ...sample, ...latency, requests },
    { type: 'CacheObserved', ...sample, kvCacheUsage: 0.3, hitRate: 0.5, queueDepth: 0, requestsRunning: requests },
    { type: 'HardwareObserved', ...sample, gpuUtilisation: 0.7, smActivity: 0.5 },
  ]
}

const heartbeat = ({ service, now, ready }: Observed): SignalEvent => {
  const targets = ready.prefill + ready.decode
  return { type: 'CollectorHeartbeat', service, source, time: now, targetsKnown: targets, targetsScraped: targets }
}
