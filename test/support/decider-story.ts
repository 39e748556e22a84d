/**
 * Tells a story to the fold of a partition: given a fleet and a load, when time passes, then these records. Samples come
 * every 5 s and ticks every second, as from a real collector and a real owner. Time starts at a constant.
 */
import { directivesFor, fleetScope, foldControl, noControls, scopeOf } from '../../core/controls/controls.ts'
import type { ControlSet } from '../../core/events/control.ts'
import type { ScaleDecided, ScaleHeld, ScaleIntentEmitted, SnapshotTaken } from '../../core/events/decided.ts'
import type { EventType, SignalEvent, EventOf } from '../../core/events/event.ts'
import type { ReportOutcome } from '../../core/events/input.ts'
import type { RoleCounts } from '../../core/roles.ts'
import { foldRecord, openPartition, restoreService, servicesOf, snapshotService } from '../../core/scaling/partition.ts'
import type { Emitted, FoldInput, PartitionState } from '../../core/scaling/partition.ts'
import type { DisaggregatedServiceSpec } from '../../core/service/specification.ts'

export const storyStart = 1_800_000_000_000
export const service = 'chat'

type Deep<T> = T extends readonly unknown[] ? T : T extends object ? { readonly [K in keyof T]?: Deep<T[K]> } : T

/** A service of ratio 1:2 with short windows; every story changes only what it is about. */
export const specification = (changes: Deep<DisaggregatedServiceSpec> = {}): DisaggregatedServiceSpec =>
  merge(
    {
      cell: 'cell-a',
      priority: 0,
      roles: {
        prefill: { minReplicas: 1, maxReplicas: 20, gpusPerInstance: 4, gpuTypes: ['H100'] },
        decode: { minReplicas: 2, maxReplicas: 40, gpusPerInstance: 4, gpuTypes: ['H20'] },
      },
      ratio: { prefill: 1, decode: 2, tolerance: 0.25 },
      network: { affinity: 's2' },
      slo: { ttftMsP95: 1000, tbtMsP95: 40 },
      policies: {
        proportional: { signal: 'decodeTps', targetPerInstance: 1000, windowSeconds: 20 },
        latencyGuard: { windowSeconds: 20, tiers: [{ atSloRatio: 1, stepPercent: 10 }, { atSloRatio: 1.2, stepPercent: 20 }] },
      },
      behavior: {
        scaleUp: rules({ stabilizationWindowSeconds: 0, cooldownSeconds: 60, tolerance: 0.1, damping: 1 }),
        scaleDown: rules({ stabilizationWindowSeconds: 30, cooldownSeconds: 60, tolerance: 0.15, damping: 1 }),
      },
      evidence: { staleAfterSeconds: 15, minCoverage: 0.9 },
      warmupSeconds: 20,
      rollout: { readyDeadlineSeconds: 120, intentTtlSeconds: 60, failureBackoffSeconds: 60 },
    } satisfies DisaggregatedServiceSpec,
    changes,
  ) as DisaggregatedServiceSpec

const rules = (own: { stabilizationWindowSeconds: number; cooldownSeconds: number; tolerance: number; damping: number }) => ({
  ...own,
  policies: [{ type: 'Instances' as const, value: 100, periodSeconds: 60 }],
})

const merge = (base: unknown, changes: unknown): unknown => {
  if (typeof base !== 'object' || base === null || Array.isArray(base) || changes === undefined) return changes ?? base
  const over = changes as { readonly [key: string]: unknown }
  return Object.fromEntries(Object.entries(base).map(([key, value]) => [key, merge(value, over[key])]))
}

/** What the collector sees. Null is a measurement that failed; undefined is a source that says nothing. */
export type Load = {
  readonly decodeTps?: number | null
  readonly prefillTps?: number | null
  readonly ttftMsP95?: number | null
  readonly tbtMsP95?: number | null
  readonly queueDepth?: number | null
  /** Requests inside the engines of each role; as many as are behind the percentiles unless given. */
  readonly requestsRunning?: number | null
  /** 0 together with null latencies is an idle service. */
  readonly requests?: number
  readonly heartbeat?: boolean
  /** Instances of each role that answered; all unless given. */
  readonly heard?: RoleCounts
}

export const calm: Load = { decodeTps: 4000, prefillTps: 40_000, ttftMsP95: 300, tbtMsP95: 20, queueDepth: 0, requests: 50, heartbeat: true }
export const silence: Load = { heartbeat: false }

export type StoryOptions = {
  readonly spec?: DisaggregatedServiceSpec
  readonly coreHash?: string
  readonly claimed?: boolean
  /** False: nobody tells the fold that nothing is ordered; it then holds until somebody does. */
  readonly controlled?: boolean
}

/** What an operator orders; `seconds` from now it ends by itself. */
export type OperatorOrder = Pick<ControlSet, 'control' | 'value'> & {
  readonly counts?: RoleCounts
  readonly seconds?: number
}

export const deciderStory = (options: StoryOptions = {}) => {
  const coreHash = options.coreHash ?? 'core-1'
  const state = openPartition(0, coreHash)
  const inputs: FoldInput[] = []
  const emitted: Emitted[] = []
  let now = storyStart
  let offset = 0
  let epoch = 1
  let fleet: RoleCounts | null = null
  let complete = true
  let load: Load = silence
  let controls = noControls
  let controlsEnd = 0

  const append = (event: SignalEvent, appendedAtMs = now): readonly Emitted[] => {
    const input = { offset: offset++, appendedAtMs, event }
    inputs.push(input)
    const out = foldRecord(state, input)
    emitted.push(...out)
    return out
  }
  const tick = (changes: Partial<EventOf<'ClockTicked'>> = {}, appendedAtMs = now): readonly Emitted[] =>
    append(
      { type: 'ClockTicked', logId: 'log-1', epoch, ownerId: `owner-${epoch}`, coreHash, decidedThrough: -1, simulated: false, time: now, ...changes },
      appendedAtMs,
    )
  const observe = (): void => {
    for (const event of samplesOf(load, fleet, now)) append(event)
    if (fleet) append(instances(fleet, { now, complete }))
  }

  const story = {
    state,
    inputs,
    emitted,
    append,
    tick,
    now: () => now,
    configure: (spec: DisaggregatedServiceSpec, generation: number) => append(configured(spec, generation, now)),
    /** An operator orders, and the fold is told at once. */
    order: (order: OperatorOrder) => {
      controls = foldControl(controls, controlSet(order, now))
      controlsEnd += 1
      return story.tellControls()
    },
    /** The fold is told the controls, as an owner of its partition does it. */
    tellControls: (changes: Partial<EventOf<'ControlChanged'>> = {}) =>
      append({ type: 'ControlChanged', service, controlsEnd, directives: directivesFor(controls, service), time: now, ...changes }),
    /** From now on the sub-cluster reports these counts, desired and registered. */
    fleet: (counts: RoleCounts, isComplete = true) => {
      fleet = counts
      complete = isComplete
    },
    /** Neither collector nor sub-cluster say anything any more. */
    silence: () => {
      fleet = null
      load = {}
    },
    load: (next: Load) => {
      load = next
    },
    pass: (seconds: number) => {
      const before = emitted.length
      for (let second = 1; second <= seconds; second++) {
        now += 1000
        if (((now - storyStart) / 1000) % 5 === 0) observe()
        tick()
      }
      return emitted.slice(before)
    },
    /** Collector and sub-cluster speak now, and nobody ticks. */
    observe,
    /** Time passes while no owner ticks and no collector speaks. */
    skip: (seconds: number) => {
      now += seconds * 1000
    },
    takeOver: () => {
      now += 1000
      epoch += 1
      return tick()
    },
    report: (outcome: ReportOutcome, changes: Partial<EventOf<'RolloutReported'>> = {}) => append(report(story.lastIntent(), outcome, { now, changes })),
    /** The newest intent is carried out at once: the fleet stands at its target. */
    commit: () => {
      const { target } = story.lastIntent()
      fleet = target
      story.report('placed', { group: 'g-1', ...target })
      story.report('committed', { group: 'g-1', ...target })
      story.report('completed')
    },
    of: <T extends EventType>(type: T): readonly EventOf<T>[] =>
      emitted.flatMap(({ event }) => (event?.type === (type as string) ? [event as unknown as EventOf<T>] : [])),
    decisions: (): readonly ScaleDecided[] => story.of('ScaleDecided'),
    orders: (): readonly string[] => story.decisions().map(({ kind, from, to }) => `${kind} ${show(from)} → ${show(to)}`),
    holds: (): readonly ScaleHeld[] => story.of('ScaleHeld'),
    reasons: (): readonly string[] => story.holds().map(({ reason }) => reason),
    lastIntent: (): ScaleIntentEmitted => {
      const intent = story.of('ScaleIntentEmitted').at(-1)
      if (!intent) throw new Error(`no intent; holds: ${story.reasons().join(', ')}`)
      return intent
    },
  }
  if (options.claimed !== false) tick()
  append(configured(options.spec ?? specification(), 1, now))
  if (options.controlled !== false) story.tellControls()
  return story
}

const show = (counts: RoleCounts): string => `${counts.prefill}P+${counts.decode}D`

const controlSet = ({ control, value, counts, seconds }: OperatorOrder, now: number): ControlSet => ({
  type: 'ControlSet',
  scope: control === 'kill-switch' || control === 'freeze' ? fleetScope : scopeOf(service),
  control,
  value,
  prefill: counts?.prefill ?? null,
  decode: counts?.decode ?? null,
  untilMs: seconds === undefined ? null : now + seconds * 1000,
  author: 'ada',
  reason: 'trial',
  time: now,
})

const configured = (spec: DisaggregatedServiceSpec, generation: number, time: number): SignalEvent => ({
  type: 'ServiceConfigured',
  service,
  generation,
  manifest: JSON.stringify({ apiVersion: 'heteroscale.io/v1alpha1', kind: 'DisaggregatedService', metadata: { name: service }, spec }),
  author: 'story',
  time,
})

const report = (
  intent: ScaleIntentEmitted,
  outcome: ReportOutcome,
  { now, changes }: { readonly now: number; readonly changes: Partial<EventOf<'RolloutReported'>> },
): SignalEvent => ({
  type: 'RolloutReported',
  reportId: `${intent.intentId}/${changes.group ?? ''}/${changes.step ?? ''}/${outcome}`,
  service,
  intentId: intent.intentId,
  sequence: intent.sequence,
  group: null,
  step: null,
  outcome,
  detail: '',
  prefill: null,
  decode: null,
  partial: false,
  time: now,
  ...changes,
})

export const instances = (
  counts: RoleCounts,
  { now, complete = true, subCluster = 'east', sequence = 0 }: { now: number; complete?: boolean; subCluster?: string; sequence?: number },
): SignalEvent => ({
  type: 'InstancesObserved',
  service,
  subCluster,
  complete,
  observedAt: now,
  groups: [
    {
      group: `${subCluster}-g`,
      domain: 'vdc/c/east/s2-0',
      sequence,
      roles: (['prefill', 'decode'] as const).map((role) => ({
        role,
        desired: counts[role],
        scheduled: counts[role],
        ready: counts[role],
        registered: counts[role],
        gpuType: 'H20',
      })),
    },
  ],
})

export const samplesOf = (load: Load, fleet: RoleCounts | null, now: number, source = 'collector-east'): readonly SignalEvent[] => {
  const sample = (role: 'prefill' | 'decode') => ({
    service,
    role,
    source,
    windowStartMs: now - 5000,
    windowEndMs: now,
    instancesHeard: load.heard?.[role] ?? fleet?.[role] ?? 0,
    instancesRegistered: fleet?.[role] ?? 0,
  })
  const requests = load.requests ?? null
  const events: SignalEvent[] = []
  if (load.decodeTps !== undefined) events.push({ type: 'TpsObserved', ...sample('decode'), tps: load.decodeTps })
  if (load.prefillTps !== undefined) events.push({ type: 'TpsObserved', ...sample('prefill'), tps: load.prefillTps })
  if (load.ttftMsP95 !== undefined)
    events.push({ type: 'LatencyObserved', ...sample('prefill'), ttftMsP95: load.ttftMsP95, tbtMsP95: null, requests })
  if (load.tbtMsP95 !== undefined)
    events.push({ type: 'LatencyObserved', ...sample('decode'), ttftMsP95: null, tbtMsP95: load.tbtMsP95, requests })
  const requestsRunning = load.requestsRunning === undefined ? requests : load.requestsRunning
  const cache = { type: 'CacheObserved', kvCacheUsage: 0.3, hitRate: 0.5, requestsRunning } as const
  if (load.queueDepth !== undefined)
    events.push({ ...cache, ...sample('prefill'), queueDepth: load.queueDepth }, { ...cache, ...sample('decode'), queueDepth: 0 })
  if (load.heartbeat) events.push({ type: 'CollectorHeartbeat', service, source, time: now, targetsKnown: 6, targetsScraped: 6 })
  return events
}

/** Folds inputs into a fresh partition, or into one restored from snapshots. */
export const foldAll = (inputs: readonly FoldInput[], snapshots: readonly SnapshotTaken[] = [], coreHash = 'core-1') => {
  const state = openPartition(0, coreHash)
  for (const snapshot of snapshots) restoreService(state, snapshot)
  return { state, emitted: inputs.flatMap((input) => foldRecord(state, input)) }
}

export const snapshotsOf = (state: PartitionState): readonly SnapshotTaken[] =>
  servicesOf(state).flatMap((id) => snapshotService(state, id, storyStart) ?? [])
