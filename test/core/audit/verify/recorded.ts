/**
 * A true record: the decider's own fold decides, the rollout's own plan writes to a fleet, and both are kept as the log and
 * the sub-cluster keep them. Tests then take something away, or add something.
 */
import { addHead, addRecord, openHistory, type Start } from '../../../../core/audit/verify/history.ts'
import { verify, type Verification } from '../../../../core/audit/verify/verify.ts'
import type { LogEvent } from '../../../../core/events/event.ts'
import type { GroupPlacement, PlacementDecided } from '../../../../core/events/placed.ts'
import type { ScaleIntentEmitted, SnapshotTaken } from '../../../../core/events/decided.ts'
import type { LogRecord } from '../../../../core/ports.ts'
import type { FleetChange } from '../../../../core/rollout/fleet-change.ts'
import { createFleet, groupStatus, type Fleet } from '../../../../core/rollout/fleet.ts'
import { adoptServingGroup, writeToFleet } from '../../../../core/rollout/fleet-write.ts'
import { planRollout } from '../../../../core/rollout/plan.ts'
import { applyWrite, registerWrite } from '../../../../core/rollout/writes.ts'
import type { Topic } from '../../../../core/topics.ts'
import { calm, deciderStory, service } from '../../../support/decider-story.ts'

export const group = 'g-1'

export type Recorded = { readonly records: readonly LogRecord[]; readonly changes: readonly FleetChange[] }

/** Up, up and down again, all committed; then the load stays as it is. */
export const trueRecord = (): Recorded => {
  const story = deciderStory()
  const world = openWorld()
  story.fleet({ prefill: 2, decode: 4 })
  for (const decodeTps of [4_000, 6_000, 8_000, 3_000]) {
    story.load({ ...calm, decodeTps, prefillTps: decodeTps * 10 })
    for (let second = 0; second < 120; second++) {
      const before = story.of('ScaleIntentEmitted').length
      story.pass(1)
      if (story.of('ScaleIntentEmitted').length === before) continue
      world.carryOut(story.lastIntent(), story.now())
      story.commit()
    }
  }
  story.pass(60)
  return { records: [...recordsOf(story.emitted.flatMap(({ topic, event }) => (event === null ? [] : [{ topic, event }]))), ...recordsOf(world.placements)], changes: world.changes }
}

const openWorld = () => {
  let fleet: Fleet = createFleet([])
  let last = -1
  const changes: FleetChange[] = []
  const placements: { readonly topic: Topic; readonly event: PlacementDecided }[] = []
  const take = (step: { readonly fleet: Fleet; readonly changes: readonly FleetChange[] }): void => {
    fleet = step.fleet
    changes.push(...step.changes)
  }
  return {
    changes,
    placements,
    carryOut: (intent: ScaleIntentEmitted, at: number): void => {
      if (groupStatus(fleet, group) === null) take(adoptServingGroup(fleet, standing(intent), intent.emittedAt - 60_000))
      const placement = placementFor(intent, groupStatus(fleet, group)?.uid ?? '')
      placements.push({ topic: 'cells', event: decided(intent, placement, last) })
      last = placements.length - 1
      for (const step of planRollout({ placement }).flat()) {
        const order = { intent, placement }
        if (step.kind === 'apply') take(writeToFleet(fleet, { method: 'applyGroup', write: applyWrite(order, step) }, at))
        if (step.kind === 'register') take(writeToFleet(fleet, { method: 'setRegistrationTarget', write: registerWrite(order, step) }, at))
      }
    },
  }
}

const gpus = { gpuTypes: { prefill: 'H100', decode: 'H20' }, gpusPerInstance: { prefill: 4, decode: 4 } } as const

const standing = ({ from, band }: ScaleIntentEmitted) => ({ group, service, sequence: 0, intentId: '', decisionId: '', domain: 'd', counts: from, registrationTarget: from, band, ...gpus })

const placementFor = ({ from, target }: ScaleIntentEmitted, uid: string): GroupPlacement =>
  ({ group, isNew: false, subCluster: 'east', domain: 'd', uid, resourceVersion: '1', from, to: target, reserved: [], ...gpus })

const decided = (intent: ScaleIntentEmitted, placement: GroupPlacement, basedOn: number): PlacementDecided => ({
  type: 'PlacementDecided',
  cell: intent.cell,
  time: intent.emittedAt,
  requests: [],
  answers: [{ requestId: intent.intentId, service, groups: [placement], refusal: null }],
  viewOffset: 0,
  basedOn,
})

const recordsOf = (all: readonly { readonly topic: Topic; readonly event: LogEvent }[]): readonly LogRecord[] => {
  const next = new Map<Topic, number>()
  return all.map(({ topic, event }) => {
    const offset = next.get(topic) ?? 0
    next.set(topic, offset + 1)
    return { topic, partition: 0, offset, key: service, appendedAtMs: 0, event }
  })
}

const topics = ['decisions', 'intents', 'rollouts', 'cells'] as const

/** `cut`: topics whose first records retention has deleted. */
export const verified = ({ records, changes }: Recorded, { cut = [] as readonly Topic[], laterMs = 0, snapshots = [] as readonly SnapshotTaken[] } = {}): Verification => {
  const starts = topics.map((topic): Start => ({ topic, partition: 0, start: cut.includes(topic) ? 1 : 0 }))
  const history = openHistory(starts)
  for (const snapshot of snapshots) addHead(history, snapshot, 0)
  for (const record of records) addRecord(history, record, true)
  history.newestMs += laterMs
  return verify(history, { service: null, sinceMs: -Infinity, changes })
}

export const codesOf = ({ findings }: Verification): readonly string[] => [...new Set(findings.map(({ code }) => code))].sort()

/** The record without those events that `gone` names. */
export const without = ({ records, changes }: Recorded, gone: (event: LogEvent) => boolean): Recorded => ({
  records: records.filter(({ event }) => event === null || !gone(event)),
  changes,
})

/** The record with one event changed. */
export const changed = ({ records, changes }: Recorded, change: (event: LogEvent) => LogEvent | null): Recorded => ({
  records: records.map((record) => ({ ...record, event: record.event === null ? null : (change(record.event) ?? record.event) })),
  changes,
})

export const eventsOf = <T extends LogEvent['type']>({ records }: Recorded, type: T): readonly Extract<LogEvent, { readonly type: T }>[] =>
  records.flatMap(({ event }) => (event?.type === type ? [event as Extract<LogEvent, { readonly type: T }>] : []))
