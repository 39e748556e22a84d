/**
 * A small run, consistent from the first byte to the last, for tests that break one thing in it: a service grows, grows again in vain and is
 * undone, shrinks, and is stopped by the kill switch for a while. Times are seconds after `startMs`. Records keep the offsets that they were
 * given, so that one can be taken out; hashes and ids follow when the story is told (`evidenceOf`).
 */
import { canonicalJson, sha256 } from './canonical.ts'
import type { ChangeLine, Counts, Evidence, EvidenceRecord, NemesisLine, Role, Run, TopicName } from './evidence.ts'
import type { TypeName } from './records.ts'
import { encode } from './wire.ts'

export const startMs = 1_790_000_000_000
export const at = (seconds: number): number => startMs + seconds * 1_000

/** One record of a story; fields may be changed freely before it is told. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a test breaks any field of any record
export type Told = { topic: TopicName; type: TypeName; offset: number; timestampMs: number; key: string | null; record: any }
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- likewise
export type Line = any
export type Story = { run: Run; records: Told[]; lines: Line[]; nemesis: NemesisLine[]; extra: { calls?: NonNullable<Evidence['calls']>; commits?: NonNullable<Evidence['commits']> } }

export const service = 'chat'
export const logId = 'log-1'
const nothing: Counts = { prefill: 0, decode: 0 }
export const counts = (prefill: number, decode: number): Counts => ({ prefill, decode })
export const band = { lo: 0.375, hi: 0.625 }

const rules = (value: number) => ({ stabilizationWindowSeconds: 60, cooldownSeconds: 0, tolerance: 0.1, damping: 1, policies: [{ type: 'Percent', value, periodSeconds: 60 }] })
const role = (minReplicas: number, maxReplicas: number) => ({ minReplicas, maxReplicas, gpusPerInstance: 2, gpuTypes: ['H800'] })
export const manifest = {
  apiVersion: 'heteroscale.io/v1alpha1', kind: 'DisaggregatedService', metadata: { name: service },
  spec: {
    cell: 'east', priority: 1, roles: { prefill: role(1, 4), decode: role(2, 8) }, ratio: { prefill: 1, decode: 2, tolerance: 0.25 }, network: { affinity: 's1' },
    slo: { ttftMsP95: 1_000, tbtMsP95: 50 }, policies: { proportional: { signal: 'decodeTps', targetPerInstance: 1_000, windowSeconds: 30 }, latencyGuard: { windowSeconds: 30, tiers: [] } },
    behavior: { scaleUp: rules(100), scaleDown: rules(40) }, evidence: { staleAfterSeconds: 30, minCoverage: 0.9 }, warmupSeconds: 60,
    rollout: { readyDeadlineSeconds: 100, intentTtlSeconds: 60, failureBackoffSeconds: 60 },
  },
}

/** Grows the story one fact after the other. */
class Teller {
  readonly records: Told[] = []
  readonly lines: Line[] = []
  readonly next = new Map<TopicName, number>()
  signals = nothing
  sequence = 0

  tell(topic: TopicName, type: TypeName, { seconds, key = service, record }: { seconds: number; key?: string | null; record: object }): Told {
    const offset = this.next.get(topic) ?? 0
    this.next.set(topic, offset + 1)
    const told = { topic, type, offset, timestampMs: at(seconds), key, record }
    this.records.push(told)
    return told
  }

  input(type: TypeName, seconds: number, record: object): Told {
    return this.tell('signals', type, { seconds, record: { service, ...record } })
  }

  tick(seconds: number, more: object = {}): Told {
    const decidedThrough = (this.next.get('signals') ?? 0) - 1
    return this.tell('signals', 'ClockTicked', { seconds, key: null, record: { logId, epoch: 1, ownerId: 'ada', coreHash: 'core-1', decidedThrough, simulated: false, time: at(seconds), ...more } })
  }

  /** One round of the collector: everything that a scale-in needs. */
  round(seconds: number, registered: Counts, groups: { readonly [group: string]: Counts }): void {
    const sample = { source: 'col/sub-a', windowStartMs: at(seconds - 8), windowEndMs: at(seconds - 3) }
    const of = (of: Role) => ({ ...sample, role: of, instancesHeard: registered[of], instancesRegistered: registered[of] })
    this.input('TpsObserved', seconds - 1, { ...of('decode'), tps: 1_500 })
    this.input('LatencyObserved', seconds - 1, { ...of('prefill'), ttftMsP95: 200, tbtMsP95: null, requests: 40 })
    this.input('LatencyObserved', seconds - 1, { ...of('decode'), ttftMsP95: null, tbtMsP95: 20, requests: 40 })
    this.input('CollectorHeartbeat', seconds - 1, { source: 'col/sub-a', time: at(seconds - 1), targetsKnown: 6, targetsScraped: 6 })
    const roles = (standing: Counts) => (['prefill', 'decode'] as const).map((one) => ({ role: one, desired: standing[one], scheduled: standing[one], ready: standing[one], registered: standing[one], gpuType: 'H800' }))
    const observed = Object.entries(groups).map(([group, standing]) => ({ group, domain: 'vdc/cl/sub-a/s2/s1', sequence: this.sequence, roles: roles(standing) }))
    this.input('InstancesObserved', seconds - 1, { subCluster: 'sub-a', complete: true, observedAt: at(seconds - 1), groups: observed })
  }

  inventory(seconds: number, gpusFree: number): void {
    const nodes = ['n0', 'n1', 'n2'].map((node, index) => ({ node, vdc: 'vdc', cluster: 'cl', subCluster: 'sub-a', s2: 's2', s1: 's1', gpuType: 'H800', gpus: 12, gpusFree: index === 0 ? 0 : gpusFree, schedulable: true }))
    this.tell('cells', 'InventoryObserved', { seconds, key: 'east', record: { cell: 'east', subCluster: 'sub-a', s2: 's2', observedAt: at(seconds), nodes, groups: [] } })
  }

  line(seconds: number, group: string, more: object): Line {
    const line = { time: at(seconds), group, service, band, servingBefore: nothing, servingAfter: nothing, ...more }
    this.lines.push(line)
    return line
  }

  phase(seconds: number, group: string, more: { instance: string; phase: string; cause: string; node?: string | null }): void {
    this.line(seconds, group, { kind: 'phase', role: more.instance.includes('prefill') ? 'prefill' : 'decode', node: null, ...more })
  }

  gate(seconds: number, group: string, more: { instance: string; registered: boolean }): void {
    this.line(seconds, group, { kind: 'gate', role: more.instance.includes('prefill') ? 'prefill' : 'decode', ...more })
  }

  /** Instances of a group up to `ready`, decode first into service. */
  start(seconds: number, group: string, { size, cause, node, until = 'ready' }: { size: Counts; cause: string; node: string; until?: 'starting' | 'ready' }): readonly string[] {
    const names = [...Array.from({ length: size.decode }, (_, n) => `${group}-decode-${n}`), ...Array.from({ length: size.prefill }, (_, n) => `${group}-prefill-${n}`)]
    for (const instance of names) this.phase(seconds, group, { instance, phase: 'pending', cause })
    for (const instance of names) this.phase(seconds + 1, group, { instance, phase: 'starting', cause: 'scheduled', node })
    if (until === 'ready') for (const instance of names) this.phase(seconds + 30, group, { instance, phase: 'ready', cause: 'started', node })
    return names
  }
}

export type Order = { readonly decision: Told; readonly intent: Told; readonly intentId: string; readonly rollout: string; readonly key: (step: string) => string }

type Ordered = { readonly seconds: number; readonly kind: string; readonly from: Counts; readonly to: Counts; readonly group: string }

/** A decision at its tick, the intent, and the placement of one group. */
const order = (teller: Teller, { seconds, kind, from, to, group }: Ordered, tickOffset: number, placement: object): Order => {
  const decisionId = `${service}-${sha256(`${logId}/0/${tickOffset}/${service}`).slice(0, 16)}`
  const intentId = `i-${decisionId}`
  const sequence = (teller.sequence += 1)
  const record = {
    decisionId, service, sequence, time: at(seconds), kind, from, to, reason: 'load', evidence: [], asks: [{ policy: 'proportional', direction: kind === 'scale-in' ? 'in' : 'out', target: to, reason: '' }], limits: [],
    inputs: { partition: 0, tickOffset, lastInputOffset: tickOffset - 1 }, argument: '{}', policyHash: sha256(canonicalJson(manifest.spec)), coreHash: 'core-1', holdsHash: '', previousHash: '', hash: '',
  }
  const decision = teller.tell('decisions', 'ScaleDecided', { seconds, record })
  const expiresAt = at(seconds + 60)
  const intent = teller.tell('intents', 'ScaleIntentEmitted', { seconds, record: {
    intentId, decisionId, service, cell: 'east', sequence, kind, from, target: to, ratio: counts(1, 2), band, minimum: counts(1, 2), maximum: counts(4, 8), affinity: 's1', requirements: [], priority: 1,
    readyDeadlineMs: 100_000, emittedAt: at(seconds), expiresAt,
  } })
  const before = teller.records.filter(({ type }) => type === 'PlacementDecided').at(-1)
  const request = { requestId: intentId, service, cell: 'east', sequence, priority: 1, requestedAt: at(seconds), expiresAt, target: to, ratio: counts(1, 2), band, affinity: 's1', requirements: [], busyGroups: [] }
  const placed = { group, isNew: false, subCluster: 'sub-a', domain: 'vdc/cl/sub-a/s2/s1', uid: '', resourceVersion: '', gpuTypes: { prefill: 'H800', decode: 'H800' }, gpusPerInstance: counts(2, 2), reserved: [], ...placement }
  teller.tell('cells', 'PlacementDecided', { seconds: seconds + 1, key: 'east', record: {
    cell: 'east', time: at(seconds + 1), requests: [request], answers: [{ requestId: intentId, service, groups: [placed], refusal: null }], viewOffset: (teller.next.get('cells') ?? 0) - 1, basedOn: before?.offset ?? -1,
  } })
  const rollout = `rollout/${service}/${intentId}/${group}`
  return { decision, intent, intentId, rollout, key: (step) => `${rollout}/${step}` }
}

type Said = { readonly group: string | null; readonly step: string | null; readonly outcome: string; readonly counts?: Counts; readonly partial?: boolean }

const factOf: { readonly [outcome: string]: TypeName } = { placed: 'RolloutPlaced', committed: 'RolloutCommitted', 'rolled-back': 'RolloutRolledBack', completed: 'IntentCompleted' }

/** A report in `signals`, and the fact that the decider makes of it. */
const report = (teller: Teller, { intentId, rollout, intent }: Order, seconds: number, { group, step, outcome, counts: after, partial = false }: Said): void => {
  const { sequence } = intent.record
  const fact = { service, intentId, sequence, detail: `${step ?? ''} ${outcome}`, time: at(seconds) }
  teller.input('RolloutReported', seconds, { ...fact, reportId: `${rollout}/${step ?? 'end'}/${outcome}`, group, step, outcome, prefill: after?.prefill ?? null, decode: after?.decode ?? null, partial })
  const type = factOf[outcome] ?? 'RolloutStepDone'
  const own = { RolloutPlaced: { target: after }, RolloutCommitted: { counts: after }, RolloutRolledBack: { counts: after }, IntentCompleted: { partial } }[type as string] ?? { step, outcome }
  teller.tell('rollouts', type, { seconds, record: { ...fact, ...(group === null ? {} : { group }), ...own } })
}

const write = (teller: Teller, { key, intentId, intent }: Order, seconds: number, more: { step: string; group: string; undoes?: string; counts: readonly [Counts, Counts]; target: readonly [Counts, Counts]; serving: readonly [Counts, Counts] }): void => {
  teller.line(seconds, more.group, {
    kind: 'written', key: key(more.step), undoes: more.undoes === undefined ? null : key(more.undoes), uid: `${more.group}.1`, sequence: intent.record.sequence, intentId, decisionId: intent.record.decisionId,
    countsBefore: more.counts[0], countsAfter: more.counts[1], targetBefore: more.target[0], targetAfter: more.target[1], servingBefore: more.serving[0], servingAfter: more.serving[1],
  })
}

const small = counts(1, 2)

const growAndCommit = (teller: Teller, own: Order, seconds: number): void => {
  const group = 'g2'
  report(teller, own, seconds, { group, step: null, outcome: 'placed', counts: small })
  write(teller, own, seconds + 1, { step: 'grow', group, counts: [nothing, small], target: [nothing, nothing], serving: [nothing, nothing] })
  const names = teller.start(seconds + 1, group, { size: small, cause: own.key('grow'), node: 'n1' })
  report(teller, own, seconds + 2, { group, step: 'grow', outcome: 'step-done', counts: small })
  for (const step of ['scheduled/prefill', 'scheduled/decode']) report(teller, own, seconds + 3, { group, step, outcome: 'step-done' })
  for (const step of ['ready/prefill', 'ready/decode']) report(teller, own, seconds + 32, { group, step, outcome: 'step-done' })
  write(teller, own, seconds + 33, { step: 'register', group, counts: [small, small], target: [nothing, small], serving: [nothing, nothing] })
  names.forEach((instance, index) => teller.gate(seconds + 34 + index, group, { instance, registered: true }))
  report(teller, own, seconds + 38, { group, step: 'register', outcome: 'step-done', counts: small })
  report(teller, own, seconds + 39, { group, step: 'registered', outcome: 'step-done' })
  finish(teller, own, seconds + 40, { group, outcome: 'committed', counts: small })
}

const growInVain = (teller: Teller, own: Order, seconds: number): void => {
  const group = 'g3'
  report(teller, own, seconds, { group, step: null, outcome: 'placed', counts: small })
  write(teller, own, seconds + 1, { step: 'grow', group, counts: [nothing, small], target: [nothing, nothing], serving: [nothing, nothing] })
  const names = teller.start(seconds + 1, group, { size: small, cause: own.key('grow'), node: 'n2', until: 'starting' })
  report(teller, own, seconds + 2, { group, step: 'grow', outcome: 'step-done', counts: small })
  report(teller, own, seconds + 110, { group, step: 'ready/decode', outcome: 'step-failed' })
  teller.line(seconds + 111, group, { kind: 'barred', key: own.key('grow') })
  write(teller, own, seconds + 111, { step: 'undo/grow', undoes: 'grow', group, counts: [small, nothing], target: [nothing, nothing], serving: [nothing, nothing] })
  for (const instance of names) teller.phase(seconds + 111, group, { instance, phase: 'terminating', cause: own.key('undo/grow'), node: 'n2' })
  for (const instance of names) teller.phase(seconds + 112, group, { instance, phase: 'gone', cause: 'terminating', node: 'n2' })
  report(teller, own, seconds + 113, { group, step: 'grow', outcome: 'step-undone', counts: nothing })
  finish(teller, own, seconds + 114, { group, outcome: 'rolled-back', counts: nothing })
}

const shrinkAndCommit = (teller: Teller, own: Order, seconds: number): void => {
  const group = 'g2'
  const names = ['g2-prefill-0', 'g2-decode-1', 'g2-decode-0']
  report(teller, own, seconds, { group, step: null, outcome: 'placed', counts: nothing })
  write(teller, own, seconds + 1, { step: 'register', group, counts: [small, small], target: [small, nothing], serving: [small, small] })
  report(teller, own, seconds + 2, { group, step: 'register', outcome: 'step-done', counts: small })
  names.forEach((instance, index) => teller.gate(seconds + 2 + index, group, { instance, registered: false }))
  report(teller, own, seconds + 6, { group, step: 'registered', outcome: 'step-done' })
  write(teller, own, seconds + 7, { step: 'shrink', group, counts: [small, nothing], target: [nothing, nothing], serving: [nothing, nothing] })
  for (const instance of names) teller.phase(seconds + 7, group, { instance, phase: 'terminating', cause: own.key('shrink'), node: 'n1' })
  report(teller, own, seconds + 8, { group, step: 'shrink', outcome: 'step-done', counts: nothing })
  for (const instance of names) teller.phase(seconds + 20, group, { instance, phase: 'gone', cause: 'terminating', node: 'n1' })
  report(teller, own, seconds + 21, { group, step: 'gone', outcome: 'step-done' })
  finish(teller, own, seconds + 22, { group, outcome: 'committed', counts: nothing })
}

const finish = (teller: Teller, own: Order, seconds: number, { group, outcome, counts: after }: { group: string; outcome: 'committed' | 'rolled-back'; counts: Counts }): void => {
  report(teller, own, seconds, { group, step: null, outcome, counts: after })
  report(teller, own, seconds, { group: null, step: null, outcome: 'completed', partial: outcome === 'rolled-back' })
  teller.tell('cells', 'ReservationReleased', { seconds, key: 'east', record: { cell: 'east', requestId: own.intentId, group, outcome, time: at(seconds) } })
}

const hold = (teller: Teller, seconds: number, { reason, holds, tickOffset }: { reason: string; holds: number; tickOffset: number }): void => {
  const decisionId = `${service}-${sha256(`${logId}/0/${tickOffset}/${service}`).slice(0, 16)}`
  teller.tell('decisions', 'ScaleHeld', { seconds, record: {
    decisionId, service, time: at(seconds), reason, detail: '', current: counts(2, 4), evidence: [], asks: [], inputs: { partition: 0, tickOffset, lastInputOffset: tickOffset - 1 },
    policyHash: sha256(canonicalJson(manifest.spec)), coreHash: 'core-1', holds, holdsHash: String(holds),
  } })
}

const control = (teller: Teller, seconds: number, value: string): void => {
  const ordered = { scope: 'fleet', control: 'kill-switch', value, prefill: null, decode: null, untilMs: null, author: 'grace', reason: 'drill', time: at(seconds) }
  teller.tell('controls', 'ControlSet', { seconds, key: 'fleet/kill-switch', record: ordered })
  teller.input('ControlChanged', seconds, { controlsEnd: seconds, directives: value === 'on' ? [ordered] : [], time: at(seconds) })
}

export type Telling = { readonly story: Story; readonly grown: Order; readonly undone: Order; readonly shrunk: Order }

/** 20 minutes, a tick and a round every five seconds. */
export const tellStory = (): Telling => {
  const teller = new Teller()
  teller.input('ServiceConfigured', -2, { generation: 1, manifest: canonicalJson(manifest), author: 'ada', time: at(-2) })
  teller.input('ControlChanged', -1, { controlsEnd: 0, directives: [], time: at(-1) })
  teller.tell('services', 'ServiceAccepted', { seconds: 5, record: { service, generation: 1, accepted: true, message: '', manifest: canonicalJson(manifest), policyHash: '', conditions: [], time: at(5) } })
  teller.start(-60, 'g1', { size: counts(2, 4), cause: 'adopted', node: 'n0' })
  for (const name of ['decode-0', 'prefill-0', 'decode-1', 'decode-2', 'prefill-1', 'decode-3']) teller.gate(-20, 'g1', { instance: `g1-${name}`, registered: true })
  teller.inventory(-10, 12)
  const orders: Order[] = []
  const two = counts(2, 4)
  const three = counts(3, 6)
  let standing: { [group: string]: Counts } = { g1: two }
  let registered = two
  for (let seconds = 0; seconds <= 1_200; seconds += 5) {
    if (seconds === 800) control(teller, 799, 'on')
    if (seconds === 900) control(teller, 899, 'released')
    if (seconds > 0) teller.round(seconds, registered, standing)
    const { offset } = teller.tick(seconds)
    if (seconds === 30) hold(teller, seconds, { reason: 'INSIDE_TOLERANCE', holds: 6, tickOffset: offset })
    if (seconds === 60) orders.push(order(teller, { seconds, kind: 'scale-out', from: two, to: three, group: 'g2' }, offset, { isNew: true, from: nothing, to: small, reserved: [{ node: 'n1', role: 'prefill', gpus: 2 }, { node: 'n1', role: 'decode', gpus: 4 }] }))
    if (seconds === 65) growAndCommit(teller, orders[0] as Order, seconds)
    if (seconds === 110) [standing, registered] = [{ g1: two, g2: small }, three]
    if (seconds === 120) teller.inventory(seconds, 6)
    if (seconds === 200) orders.push(order(teller, { seconds, kind: 'scale-out', from: three, to: counts(4, 8), group: 'g3' }, offset, { isNew: true, from: nothing, to: small, reserved: [{ node: 'n2', role: 'prefill', gpus: 2 }, { node: 'n2', role: 'decode', gpus: 4 }] }))
    if (seconds === 205) growInVain(teller, orders[1] as Order, seconds)
    if (seconds === 600) orders.push(order(teller, { seconds, kind: 'scale-in', from: three, to: two, group: 'g2' }, offset, { uid: 'g2.1', from: small, to: nothing }))
    if (seconds === 605) shrinkAndCommit(teller, orders[2] as Order, seconds)
    if (seconds === 630) [standing, registered] = [{ g1: two }, two]
    if (seconds === 700) hold(teller, seconds, { reason: 'STABILISING', holds: 90, tickOffset: offset })
    if (seconds % 600 === 0) teller.tell('snapshots', 'SnapshotTaken', { seconds, record: { service, logId, coreHash: 'core-1', partition: 0, lastInputOffset: offset - 1, state: '{}', time: at(seconds) } })
  }
  const run: Run = { seed: 1, simulated: true, tickMs: 5_000, latenessMs: 2_000, fromMs: startMs, toMs: at(1_200), healedAtMs: startMs, services: [service], convergeMs: 300_000 }
  const [grown, undone, shrunk] = orders as [Order, Order, Order]
  return { story: { run, records: teller.records, lines: teller.lines, nemesis: [], extra: {} }, grown, undone, shrunk }
}

/** Puts the story into bytes. Decisions and holds get their place in the chains here, so that a test may change their content. */
export const evidenceOf = ({ run, records, lines, nemesis, extra }: Story): Evidence => {
  let previousHash = ''
  let heldHash = ''
  const chained = new Map<string, object>()
  const topics: { [topic in TopicName]?: EvidenceRecord[] } = {}
  for (const told of records) {
    if (told.type === 'ScaleDecided') {
      const { decisionId } = told.record
      const open = { ...told.record, previousHash, previousHeldHash: heldHash, hash: '' }
      const hash = sha256(canonicalJson({ type: 'ScaleDecided', ...open, previousHeldHash: heldHash || undefined }))
      const links = chained.get(decisionId) ?? { previousHash, previousHeldHash: heldHash, hash }
      if (!chained.has(decisionId)) previousHash = hash
      chained.set(decisionId, links)
      Object.assign(told.record, links)
    }
    if (told.type === 'ScaleHeld') {
      const { decisionId } = told.record
      const hash = sha256(canonicalJson({ type: 'ScaleHeld', ...told.record, previousHash: heldHash, hash: '' }))
      const links = chained.get(decisionId) ?? { previousHash: heldHash, hash }
      if (!chained.has(decisionId)) heldHash = hash
      chained.set(decisionId, links)
      Object.assign(told.record, links)
    }
    const { topic, type, offset, timestampMs, key, record } = told
    ;(topics[topic] ??= []).push({ partition: 0, offset, timestampMs, key, value: encode(type, record) })
  }
  for (const all of Object.values(topics)) all.sort((a, b) => a.offset - b.offset)
  const inOrder = [...lines].sort((a, b) => a.time - b.time) as ChangeLine[]
  return { run, topics, subClusters: { 'sub-a': inOrder }, nemesis, ...extra }
}
