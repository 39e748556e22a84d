/** After the heal and the time to converge: everybody decides again, nothing is under way, and what stands is what was ordered. */
import type { IntentExpired, ScaleIntentEmitted } from '../../../core/events/decided.ts'
import type { LogEvent } from '../../../core/events/event.ts'
import type { RolloutReported } from '../../../core/events/input.ts'
import type { LogRecord } from '../../../core/ports.ts'
import { showCounts, type RoleCounts } from '../../../core/roles.ts'
import { servingCounts } from '../../../core/rollout/group-instances.ts'
import type { History } from '../history.ts'
import type { Violation } from './violation.ts'

/** What an hour ends in the middle of is no failure. */
const recentMs = 6 * 60_000
const silentForMs = 60_000

export const livenessViolations = (history: History): readonly Violation[] => [...silence(history), ...openRollouts(history), ...unreached(history), ...unreleased(history)]

const at = ({ evidence }: History, what: Omit<Violation, 'atMs'>): Violation => ({ ...what, atMs: evidence.run.toMs })

/** Every partition has an owner that ticks. */
const silence = (history: History): readonly Violation[] => {
  const { broker } = history.world
  return Array.from({ length: broker.partitionCount('signals') }, (_, partition) => partition).flatMap((partition) => {
    const last = [...broker.records('signals', partition)].reverse().find(({ event }) => event?.type === 'ClockTicked')
    const silentMs = history.evidence.run.toMs - (last?.appendedAtMs ?? 0)
    return silentMs > silentForMs ? [at(history, { invariant: 'L3', service: `partition ${partition}`, detail: `nobody ticked for ${silentMs} ms` })] : []
  })
}

const openRollouts = (history: History): readonly Violation[] =>
  [...history.world.temporal.executions.values()]
    .filter(({ isOpen, workflow, startedAtMs }) => isOpen && workflow !== 'service' && startedAtMs < history.evidence.run.toMs - recentMs)
    .map(({ id, tasks }) => at(history, { invariant: 'L1', service: id, detail: `${id} is still open, at ${[...tasks.keys()].join(', ') || 'nothing'}` }))

const unreached = (history: History): readonly Violation[] => {
  const ended = givenUpIntents(history)
  return history.evidence.run.services.flatMap((service) => {
    const intent = lastIntent(history, service)
    if (intent === null || intent.emittedAt > history.evidence.run.toMs - recentMs || ended.has(intent.intentId)) return []
    const { specified, serving } = countsOf(history, service)
    if (same(specified, intent.target) && same(serving, intent.target)) return []
    const detail = `ordered ${showCounts(intent.target)}; specified ${showCounts(specified)}; serving ${showCounts(serving)}`
    return [at(history, { invariant: 'L1', service, detail })]
  })
}

/** Where a zombie of another version gave a number that was given before, its order is refused: it is not the last one. */
const lastIntent = ({ evidence }: History, service: string): ScaleIntentEmitted | null => {
  const all = (evidence.topics.get('intents') ?? []).flatMap(({ event }) => (event?.type === 'ScaleIntentEmitted' && event.service === service ? [event] : []))
  return all.reduce<ScaleIntentEmitted | null>((last, one) => (last === null || (one.emittedAt > last.emittedAt && one.sequence > last.sequence) ? one : last), null)
}

const same = (a: RoleCounts, b: RoleCounts): boolean => a.prefill === b.prefill && a.decode === b.decode

const givenUp: readonly string[] = ['refused', 'expired', 'superseded', 'halted']

/** Capacity was short, its time was over, or a stop was in force: the decider goes on from what stands, and may find that good enough. */
const givenUpIntents = ({ evidence }: History): ReadonlySet<string> => {
  const topic = (name: 'rollouts' | 'signals'): readonly LogRecord[] => evidence.topics.get(name) ?? []
  const ended = new Set<string>()
  for (const records of [topic('rollouts'), topic('signals'), ...evidence.formerSignals.map((former) => former.records)]) {
    for (const { event } of records) if (event !== null && isGivenUp(event)) ended.add(event.intentId)
  }
  return ended
}

const isGivenUp = (event: LogEvent): event is IntentExpired | RolloutReported =>
  event.type === 'IntentExpired' || (event.type === 'RolloutReported' && (event.partial || givenUp.includes(event.outcome)))

const countsOf = ({ world }: History, service: string) => {
  const groups = [...world.apis.values()].flatMap(({ cluster }) => cluster.groups()).filter((group) => group.service === service)
  const sum = (counts: readonly RoleCounts[]): RoleCounts => ({
    prefill: counts.reduce((total, { prefill }) => total + prefill, 0),
    decode: counts.reduce((total, { decode }) => total + decode, 0),
  })
  return { specified: sum(groups.map(({ counts }) => counts)), serving: sum(groups.map(servingCounts)) }
}

/** Capacity that is still promised to a rollout that began long ago. */
const unreleased = (history: History): readonly Violation[] => {
  const promised = new Map<string, { readonly service: string; readonly time: number }>()
  const released = new Set<string>()
  for (const { event } of history.evidence.topics.get('cells') ?? []) {
    if (event?.type === 'ReservationReleased') released.add(`${event.requestId}/${event.group}`)
    if (event?.type !== 'PlacementDecided') continue
    for (const answer of event.answers) for (const { group } of answer.groups) promised.set(`${answer.requestId}/${group}`, { service: answer.service, time: event.time })
  }
  return [...promised]
    .filter(([key, { time }]) => !released.has(key) && time < history.evidence.run.toMs - recentMs)
    .map(([key, { service }]) => at(history, { invariant: 'L1', service, detail: `the reservation ${key} was never released` }))
}
