/** The evidence, read once and indexed for the formulas: per service, per intent, per rollout and per group. */
import type { ChangeLine, CommitLine, Counts, Evidence, EvidenceRecord, Run, TopicName, WrittenLine } from './evidence.ts'
import { foldCell, type CellRecord, type CellView } from './cells.ts'
import type { ControlChanged, ControlSet, GroupPlacement, RecordOf, RolloutFact, RolloutReported, ScaleDecided, ScaleHeld, ScaleIntentEmitted, ServiceAccepted, ServiceConfigured, ServiceRemoved, TypeName } from './records.ts'
import { readSpec, type Spec } from './spec.ts'
import { isOfLog } from './verdict-id.ts'
import { foldTicks, type TickEntry, type TickLog } from './ticks.ts'
import { decode, typeOf } from './wire.ts'

/** A decoded record and where it stood. */
export type Entry<R> = Omit<EvidenceRecord, 'value'> & { readonly topic: TopicName; readonly value: Uint8Array; readonly record: R }
/** A record of `signals` that is decoded only when a formula asks for it. */
export type Input = EvidenceRecord & { readonly value: Uint8Array; readonly type: TypeName }
export type Configured = Entry<ServiceConfigured> & { readonly spec: Spec; readonly policyHash: string }
export type Verdict = Entry<ScaleDecided> | Entry<ScaleHeld>

export type ServiceView = {
  readonly service: string
  /** Records of `signals` under its key, by offset. */
  readonly inputs: Input[]
  readonly configured: Configured[]
  readonly removed: Entry<ServiceRemoved>[]
  readonly accepted: Entry<ServiceAccepted>[]
  readonly controls: Entry<ControlChanged>[]
  readonly reports: Entry<RolloutReported>[]
  /** First record of each id, in the order of the log. */
  readonly decisions: Entry<ScaleDecided>[]
  readonly holds: Entry<ScaleHeld>[]
  readonly intents: Entry<ScaleIntentEmitted>[]
  /** Records of `snapshots` under its key; a tombstone has no value. They are large, and formulas ask for the bytes of the last one only. */
  readonly snapshots: EvidenceRecord[]
}

export type FactEntry = Entry<RolloutFact> & { readonly type: TypeName }

export type PlacedLine = { readonly line: ChangeLine; readonly subCluster: string; readonly index: number }
export type Write = { readonly line: WrittenLine; readonly subCluster: string; readonly index: number; readonly intentId: string; readonly step: string }

export type GroupView = { readonly subCluster: string; readonly group: string; readonly service: string; readonly lines: PlacedLine[]; readonly writes: Write[] }

/** One group's part of an intent: `rollout/<service>/<intent>/<group>`. */
export type RolloutView = {
  readonly id: string
  readonly intentId: string
  readonly group: string
  readonly service: string
  readonly writes: Write[]
  readonly reports: Entry<RolloutReported>[]
  readonly facts: FactEntry[]
}

export type View = {
  readonly evidence: Evidence
  readonly run: Run
  /** This life of `signals` ended: nobody owns it any more. */
  readonly isOver: boolean
  /** Intents whose end was told on a life of `signals` that is not this one. */
  readonly toldElsewhere: ReadonlySet<string>
  /** Offsets that deciders committed on this life of `signals`. */
  readonly commits: readonly CommitLine[]
  /** By partition of `signals`. */
  readonly ticks: ReadonlyMap<number, TickLog>
  readonly services: ReadonlyMap<string, ServiceView>
  readonly decisions: ReadonlyMap<string, Entry<ScaleDecided>>
  readonly intents: ReadonlyMap<string, Entry<ScaleIntentEmitted>>
  /** Facts of `rollouts` by intent; repeats with equal bytes are left out. */
  readonly facts: ReadonlyMap<string, readonly FactEntry[]>
  readonly controls: readonly Entry<ControlSet>[]
  readonly cells: ReadonlyMap<string, CellView>
  readonly groups: ReadonlyMap<string, GroupView>
  readonly writes: readonly Write[]
  readonly rollouts: ReadonlyMap<string, RolloutView>
  /** Records that repeat an id with other bytes than its first record. */
  readonly twoContents: readonly { readonly first: Entry<unknown>; readonly second: Entry<unknown>; readonly id: string; readonly service: string }[]
  readonly undecodable: readonly { readonly topic: TopicName; readonly partition: number; readonly offset: number }[]
  readonly deadLetters: ReadonlySet<string>
}

type Mutable = {
  readonly ticks: Map<number, TickEntry[]>
  readonly services: Map<string, ServiceView>
  readonly decisions: Map<string, Entry<ScaleDecided>>
  readonly firsts: Map<string, Entry<unknown>>
  readonly intents: Map<string, Entry<ScaleIntentEmitted>>
  readonly facts: Map<string, FactEntry[]>
  readonly controls: Entry<ControlSet>[]
  readonly cellRecords: Map<string, CellRecord[]>
  readonly groups: Map<string, GroupView>
  readonly writes: Write[]
  readonly rollouts: Map<string, RolloutView>
  readonly twoContents: View['twoContents'][number][]
  readonly undecodable: View['undecodable'][number][]
  readonly deadLetters: Set<string>
  readonly toldElsewhere: Set<string>
}

/** The run as seen with one life of `signals`; reports of the other lives count for their rollouts all the same. */
type Life = { readonly signals: readonly EvidenceRecord[]; readonly others: readonly EvidenceRecord[]; readonly fromMs: number; readonly toMs: number }

/**
 * One view for each life of `signals`, oldest first; the last is that of the log that stands. Verdicts stand in the view of the log that they
 * were taken from, as their ids tell, and those whose ids tell nothing in the last one.
 */
export const buildViews = (evidence: Evidence): readonly View[] => {
  const views = livesOf(evidence).map((life) => buildView(evidence, life))
  const homeOf = (verdict: Verdict): number => {
    const found = views.findIndex(({ ticks }) => isOfLog(ticks, verdict.record))
    return found < 0 ? views.length - 1 : found
  }
  if (views.length > 1) views.forEach((view, index) => keepVerdicts(view, (verdict) => homeOf(verdict) === index))
  return views
}

const livesOf = ({ formerSignals = [], topics }: Evidence): readonly Life[] => {
  const lives = [...formerSignals, { deletedAtMs: Infinity, records: topics.signals ?? [] }]
  return lives.map(({ records, deletedAtMs }, index) => ({
    signals: records,
    others: lives.flatMap((other, at) => (at === index ? [] : other.records)),
    fromMs: lives[index - 1]?.deletedAtMs ?? -Infinity,
    toMs: deletedAtMs,
  }))
}

const keepVerdicts = ({ services }: View, isHere: (verdict: Verdict) => boolean): void => {
  for (const { decisions, holds } of services.values()) {
    decisions.splice(0, decisions.length, ...decisions.filter(isHere))
    holds.splice(0, holds.length, ...holds.filter(isHere))
  }
}

const buildView = (evidence: Evidence, { signals, others, fromMs, toMs }: Life): View => {
  const made: Mutable = {
    ticks: new Map(), services: new Map(), decisions: new Map(), firsts: new Map(), intents: new Map(), facts: new Map(), controls: [],
    cellRecords: new Map(), groups: new Map(), writes: [], rollouts: new Map(), twoContents: [], undecodable: [], deadLetters: new Set(), toldElsewhere: new Set(),
  }
  for (const [topic, records] of Object.entries({ ...evidence.topics, signals })) for (const record of records) addRecord(made, topic as TopicName, record)
  for (const record of others) addReport(made, record)
  for (const [subCluster, lines] of Object.entries(evidence.subClusters)) lines.forEach((line, index) => addLine(made, { line, subCluster, index }))
  return {
    evidence,
    run: evidence.run,
    isOver: toMs < Infinity,
    commits: (evidence.commits ?? []).filter(({ timeMs }) => timeMs > fromMs && timeMs <= toMs),
    ...made,
    ticks: new Map([...made.ticks].map(([partition, entries]) => [partition, foldTicks(entries)])),
    cells: new Map([...made.cellRecords].map(([cell, records]) => [cell, foldCell(records)])),
  }
}

/** Written out field by field: a spread for each of some ten thousand records would cost as much as all formulas together. */
const addRecord = (made: Mutable, topic: TopicName, evidence: EvidenceRecord): void => {
  if (topic === 'metrics' || topic === 'checkpoints') return
  const { partition, offset, timestampMs, key } = evidence
  if (topic === 'snapshots') return key === null ? undefined : void serviceOf(made, key).snapshots.push(evidence)
  const { value } = evidence
  if (value === null) return
  const type = typeOf(value)
  if (type === null) return void made.undecodable.push({ topic, partition, offset })
  if (topic === 'signals' && key !== null) serviceOf(made, key).inputs.push({ partition, offset, timestampMs, key, value, type })
  const take = takers.get(type)
  if (take === undefined) return
  const record = decode<TypeName>(value)
  if (record === null) return void made.undecodable.push({ topic, partition, offset })
  take(made, { topic, partition, offset, timestampMs, key, value, record })
}

/** Of a log that is not looked at here: what a workflow said of its rollout stays said. */
const addReport = (made: Mutable, evidence: EvidenceRecord): void => {
  const { value } = evidence
  const record = value !== null && typeOf(value) === 'RolloutReported' ? decode<'RolloutReported'>(value) : null
  if (value === null || record === null) return
  const { service, intentId, group, reportId } = record
  if (group === null) return void made.toldElsewhere.add(intentId)
  const { reports } = rolloutOf(made, { service, intentId, group })
  if (!reports.some((known) => known.record.reportId === reportId)) reports.push({ ...evidence, topic: 'signals', value, record })
}

const serviceOf = ({ services }: Mutable, service: string): ServiceView => {
  const known = services.get(service)
  if (known !== undefined) return known
  const fresh: ServiceView = { service, inputs: [], configured: [], removed: [], accepted: [], controls: [], reports: [], decisions: [], holds: [], intents: [], snapshots: [] }
  services.set(service, fresh)
  return fresh
}

type Taker<T extends TypeName> = (made: Mutable, entry: Entry<RecordOf[T]>) => void

/** True for the first record of an id. A repeat with equal bytes is allowed: topics are at least once. */
const isFirst = (made: Mutable, id: string, entry: Entry<{ readonly service: string }>): boolean => {
  const first = made.firsts.get(id)
  if (first === undefined) made.firsts.set(id, entry)
  else if (Buffer.compare(first.value, entry.value) !== 0) made.twoContents.push({ first, second: entry, id, service: entry.record.service })
  return first === undefined
}

const takeFact = (type: TypeName): Taker<'RolloutPlaced'> => (made, entry) => {
  const { intentId, service, group } = entry.record
  const known = made.facts.get(intentId) ?? []
  made.facts.set(intentId, known)
  if (known.some((fact) => fact.type === type && Buffer.compare(fact.value, entry.value) === 0)) return
  const fact = { ...entry, type }
  known.push(fact)
  if (group !== undefined) rolloutOf(made, { service, intentId, group }).facts.push(fact)
}

const takeCell: Taker<'PlacementDecided'> = (made, entry) => {
  const type = typeOf(entry.value) as CellRecord['type']
  const records = made.cellRecords.get(entry.record.cell) ?? []
  made.cellRecords.set(entry.record.cell, records)
  records.push({ ...entry, type } as unknown as CellRecord)
}

const takersByName: { readonly [T in TypeName]?: Taker<T> } = {
  ClockTicked: (made, { partition, offset, timestampMs, record }) => {
    const entries = made.ticks.get(partition)
    if (entries === undefined) made.ticks.set(partition, [{ offset, timestampMs, record }])
    else entries.push({ offset, timestampMs, record })
  },
  ServiceConfigured: (made, entry) => void serviceOf(made, entry.record.service).configured.push({ ...entry, ...readSpec(entry.record.manifest) }),
  ServiceRemoved: (made, entry) => void serviceOf(made, entry.record.service).removed.push(entry),
  ServiceAccepted: (made, entry) => void serviceOf(made, entry.record.service).accepted.push(entry),
  ControlChanged: (made, entry) => void serviceOf(made, entry.record.service).controls.push(entry),
  ControlSet: (made, entry) => void made.controls.push(entry),
  RolloutReported: (made, entry) => {
    const { service, intentId, group, reportId } = entry.record
    if (!isFirst(made, `report ${reportId}`, entry)) return
    serviceOf(made, service).reports.push(entry)
    if (group !== null) rolloutOf(made, { service, intentId, group }).reports.push(entry)
  },
  ScaleDecided: (made, entry) => {
    const { service, decisionId } = entry.record
    if (!isFirst(made, `verdict ${decisionId}`, entry)) return
    serviceOf(made, service).decisions.push(entry)
    made.decisions.set(decisionId, entry)
  },
  ScaleHeld: (made, entry) => {
    if (isFirst(made, `verdict ${entry.record.decisionId}`, entry)) serviceOf(made, entry.record.service).holds.push(entry)
  },
  ScaleIntentEmitted: (made, entry) => {
    const { service, intentId } = entry.record
    if (!isFirst(made, `intent ${intentId}`, entry)) return
    serviceOf(made, service).intents.push(entry)
    made.intents.set(intentId, entry)
  },
  DeadLetter: (made, { record }) => void made.deadLetters.add(`${record.topic}/${record.partition}@${record.offset}`),
  ...Object.fromEntries(
    (['RolloutPlaced', 'RolloutStepDone', 'RolloutCommitted', 'RolloutRolledBack', 'RolloutStuck', 'IntentCompleted', 'IntentRefused', 'IntentExpired', 'IntentSuperseded'] as const)
      .map((type) => [type, takeFact(type)]),
  ),
  ...Object.fromEntries((['PlacementDecided', 'ReservationReleased', 'InventoryObserved'] as const).map((type) => [type, takeCell])),
}

const takers: ReadonlyMap<string, Taker<TypeName>> = new Map(Object.entries(takersByName) as [string, Taker<TypeName>][])

type RolloutName = { readonly service: string; readonly intentId: string; readonly group: string }

const rolloutOf = ({ rollouts }: Mutable, { service, intentId, group }: RolloutName): RolloutView => {
  const id = `rollout/${service}/${intentId}/${group}`
  const known = rollouts.get(id)
  if (known !== undefined) return known
  const fresh: RolloutView = { id, intentId, group, service, writes: [], reports: [], facts: [] }
  rollouts.set(id, fresh)
  return fresh
}

const addLine = (made: Mutable, placed: PlacedLine): void => {
  const { line, subCluster, index } = placed
  if (line.kind === 'fault') return
  const name = `${subCluster}/${line.group}`
  const group = made.groups.get(name) ?? { subCluster, group: line.group, service: line.service, lines: [], writes: [] }
  made.groups.set(name, group)
  group.lines.push(placed)
  if (line.kind !== 'written') return
  const { intentId, step } = readKey(line)
  const write = { line, subCluster, index, intentId, step }
  group.writes.push(write)
  made.writes.push(write)
  if (step !== '') rolloutOf(made, { service: line.service, intentId, group: line.group }).writes.push(write)
}

/** `rollout/<service>/<intent>/<group>/<step>`, where neither intent nor step is taken from any other field. Empty step: it is no such key. */
const readKey = ({ key, service, group }: WrittenLine): { readonly intentId: string; readonly step: string } => {
  const head = `rollout/${service}/`
  const middle = key.indexOf(`/${group}/`, head.length)
  if (!key.startsWith(head) || middle < 0) return { intentId: '', step: '' }
  return { intentId: key.slice(head.length, middle), step: key.slice(middle + group.length + 2) }
}

// ── Questions that several formulas ask ──────────────────────────────────────────────────────────────────────────

export const placeOf = ({ topic, partition, offset }: Pick<Entry<unknown>, 'topic' | 'partition' | 'offset'>): string => `${topic}/${partition}@${offset}`
export const lineAt = ({ subCluster, index }: { readonly subCluster: string; readonly index: number }): string => `${subCluster}#${index + 1}`

/** The placement of a rollout in a record of `cells` that counts; null when there is none. */
export const placementOf = (view: View, { intentId, group }: { readonly intentId: string; readonly group: string }): (GroupPlacement & { readonly placedAtMs: number }) | null => {
  for (const cell of view.cells.values()) {
    const found = cell.placements.get(`${intentId}/${group}`)
    if (found !== undefined) return found
  }
  return null
}

/** Counts of a group before any rollout wrote it: nothing, or what ran there before the autoscaler came. */
export const adoptedCounts = ({ lines }: GroupView): Counts => {
  const counts = { prefill: 0, decode: 0 }
  for (const { line } of lines) if (line.kind === 'phase' && line.phase === 'pending' && line.cause === 'adopted') counts[line.role] += 1
  return counts
}

/** Counts that the objects of a service's groups ask for after the last write up to `time`. */
export const standingAt = ({ groups }: View, service: string, time: number): Counts => {
  const sum = { prefill: 0, decode: 0 }
  for (const group of groups.values()) {
    if (group.service !== service) continue
    const counts = group.writes.findLast(({ line }) => line.time <= time)?.line.countsAfter ?? adoptedCounts(group)
    sum.prefill += counts.prefill
    sum.decode += counts.decode
  }
  return sum
}

/** The manifest in force for records before `offset`; refused ones never are. */
export const configurationAt = ({ configured, accepted }: ServiceView, offset: number): Configured | null =>
  configured.findLast((one) => one.offset < offset && !accepted.some(({ record }) => record.generation === one.record.generation && !record.accepted)) ?? null

/** Each version of the deciding code has a state, and so sequences and chains, of its own. */
export const byCore = <V extends Verdict>(verdicts: readonly V[]): readonly (readonly V[])[] => {
  const cores = new Map<string, V[]>()
  for (const verdict of verdicts) {
    const known = cores.get(verdict.record.coreHash)
    if (known === undefined) cores.set(verdict.record.coreHash, [verdict])
    else known.push(verdict)
  }
  return [...cores.values()]
}

/** Commitments that end an intent. */
export const intentEnds: ReadonlySet<string> = new Set(['IntentCompleted', 'IntentRefused', 'IntentExpired', 'IntentSuperseded'])

export const endsOf = (view: View, intentId: string): readonly FactEntry[] => (view.facts.get(intentId) ?? []).filter(({ type }) => intentEnds.has(type))

export const isRemovedAfter = (service: ServiceView | undefined, time: number): boolean => service?.removed.some(({ record }) => record.time >= time) ?? false

export const isUndo = ({ line }: Write): boolean => line.undoes !== null

export const sameCounts = (a: Counts, b: Counts): boolean => a.prefill === b.prefill && a.decode === b.decode
export const showCounts = ({ prefill, decode }: Counts): string => `${prefill}P+${decode}D`
export const isNothing = ({ prefill, decode }: Counts): boolean => prefill === 0 && decode === 0
export const most = (a: Counts, b: Counts): Counts => ({ prefill: Math.max(a.prefill, b.prefill), decode: Math.max(a.decode, b.decode) })
export const roles = ['prefill', 'decode'] as const

/** Seconds of wall time that a call and its answer may take, in world time: writes that were under way when something changed. */
export const callMs = ({ speed = 1 }: Run): number => 5_000 * speed

/** How far two clocks of the outside may differ: 1 s, and what the fault injector set them off by. */
export const skewMs = ({ evidence }: View, targets: RegExp = /./): number =>
  1_000 + evidence.nemesis.reduce((worst, { fault, target, clockOffsetMs = 0 }) => (fault === 'clock' && targets.test(target) ? Math.max(worst, Math.abs(clockOffsetMs)) : worst), 0)
