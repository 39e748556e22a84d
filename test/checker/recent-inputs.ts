/** What stood in a service's partition shortly before one tick. Read backwards and decoded here only: most measurements nobody asks for. */
import type { CollectorHeartbeat, InstancesObserved, LatencyObserved, TpsObserved } from './records.ts'
import type { Input, ServiceView } from './view.ts'
import { decode } from './wire.ts'

export type Moment = {
  /** Offset of the tick. */
  readonly offset: number
  /** Samples whose window ended earlier are stale. */
  readonly notBeforeMs: number
  /** Samples whose window ended later were not looked at. */
  readonly horizonMs: number
}

type Said = { readonly TpsObserved: TpsObserved; readonly LatencyObserved: LatencyObserved }
type SubClusterSaid = { readonly subCluster: string; readonly newest: InstancesObserved; readonly complete: InstancesObserved | null }

export type RecentInputs = {
  samples<T extends keyof Said>(type: T): readonly Said[T][]
  heartbeats(): readonly CollectorHeartbeat[]
  /** By sub-cluster, the newest report and the newest complete one. */
  subClusters(): readonly SubClusterSaid[]
  /** The newest complete report of each sub-cluster. */
  reports(): readonly InstancesObserved[]
}

/** Records may arrive late and out of order: so many that are too old must follow each other before one stops looking further back. */
const oldInARow = 64

export const evidenceBefore = (service: ServiceView, moment: Moment): RecentInputs => {
  const end = lowerBound(service.inputs, moment.offset)
  const subClusters = memo(() => instancesBefore(service.inputs, end))
  return {
    samples: (type) => windowsBefore(service.inputs, end, { type, moment }) as never,
    heartbeats: () => backwards<CollectorHeartbeat>(service.inputs, end, { type: 'CollectorHeartbeat', isYoung: ({ time }) => time >= moment.notBeforeMs }),
    subClusters,
    reports: () => subClusters().flatMap(({ complete }) => complete ?? []),
  }
}

/** Index of the first record at `offset` or later. */
export const lowerBound = (inputs: readonly { readonly offset: number }[], offset: number): number => {
  let low = 0
  let high = inputs.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((inputs[middle]?.offset ?? Infinity) < offset) low = middle + 1
    else high = middle
  }
  return low
}

/** One decision after the other looks at the same records. */
const known = new WeakMap<Input, object | null>()

const decoded = (input: Input): object | null => {
  const before = known.get(input)
  if (before !== undefined) return before
  const record = decode(input.value)
  known.set(input, record)
  return record
}

type Wanted<R> = { readonly type: Input['type']; readonly isYoung: (record: R) => boolean }

const backwards = <R>(inputs: readonly Input[], end: number, { type, isYoung }: Wanted<R>): R[] => {
  const found: R[] = []
  for (let index = end - 1, old = 0; index >= 0 && old < oldInARow; index--) {
    const input = inputs[index] as Input
    if (input.type !== type) continue
    const record = decoded(input) as R | null
    if (record === null) continue
    if (isYoung(record)) {
      found.push(record)
      old = 0
    } else old += 1
  }
  return found
}

type Windows = { readonly type: keyof Said; readonly moment: Moment }

/** The first record of a (source, role, window) counts. */
const windowsBefore = (inputs: readonly Input[], end: number, { type, moment }: Windows): readonly Said[keyof Said][] => {
  const young = backwards<Said[keyof Said]>(inputs, end, { type, isYoung: ({ windowEndMs }) => windowEndMs >= moment.notBeforeMs })
  const firsts = new Map(young.map((sample) => [`${sample.source} ${sample.role} ${sample.windowEndMs}`, sample]))
  return [...firsts.values()].filter(({ windowEndMs }) => windowEndMs <= moment.horizonMs)
}

/** A sub-cluster may have spoken last long ago, so this looks at all reports there are, newest first, until each was seen complete. */
const instancesBefore = (inputs: readonly Input[], end: number): readonly SubClusterSaid[] => {
  const said = new Map<string, { subCluster: string; newest: InstancesObserved; complete: InstancesObserved | null }>()
  for (let index = end - 1, settled = 0; index >= 0 && settled < oldInARow; index--) {
    const input = inputs[index] as Input
    if (input.type !== 'InstancesObserved') continue
    const report = decoded(input) as InstancesObserved | null
    if (report === null) continue
    settled = note(said, report) ? 0 : settled + 1
  }
  return [...said.values()]
}

/** True when the report told something new. */
const note = (said: Map<string, { subCluster: string; newest: InstancesObserved; complete: InstancesObserved | null }>, report: InstancesObserved): boolean => {
  const known = said.get(report.subCluster)
  if (known === undefined) {
    said.set(report.subCluster, { subCluster: report.subCluster, newest: report, complete: report.complete ? report : null })
    return true
  }
  const isNewer = report.observedAt > known.newest.observedAt
  const isNewerComplete = report.complete && report.observedAt > (known.complete?.observedAt ?? -1)
  if (isNewer) known.newest = report
  if (isNewerComplete) known.complete = report
  return isNewer || isNewerComplete
}

const memo = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | null = null
  return () => (made ??= { value: make() }).value
}
