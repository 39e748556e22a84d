/** The story of one history for people: what was decided, ordered, done and broken, in the order of time. */
import type { LogEvent } from '../../core/events/event.ts'
import type { FleetChange } from '../../core/rollout/fleet-change.ts'
import { showCounts } from '../../core/roles.ts'
import type { EpochMs } from '../../core/units.ts'
import type { History } from './history.ts'

export type StoryLine = { readonly atMs: EpochMs; readonly who: string; readonly what: string }

/** `told`: what the processes and the fault injector said while it happened. */
export const storyOf = ({ evidence }: History, told: readonly StoryLine[]): readonly StoryLine[] => {
  const records = [...evidence.topics].flatMap(([topic, all]) =>
    topic === 'snapshots' || topic === 'checkpoints' ? [] : all.flatMap(({ event, appendedAtMs }) => lineOf(event, appendedAtMs)),
  )
  const changes = Object.entries(evidence.subClusters).flatMap(([name, all]) => all.flatMap((change) => changeLine(name, change)))
  return [...told, ...records, ...changes].sort((a, b) => a.atMs - b.atMs)
}

const lineOf = (event: LogEvent | null, atMs: EpochMs): readonly StoryLine[] => {
  const what = event === null ? null : sentence(event)
  return what === null || event === null ? [] : [{ atMs, who: 'service' in event ? event.service : 'log', what }]
}

const sentence = (event: LogEvent): string | null => {
  switch (event.type) {
    case 'ScaleDecided':
      return `decides ${event.kind} ${showCounts(event.from)} to ${showCounts(event.to)} (${event.reason}), sequence ${event.sequence}`
    case 'ScaleHeld':
      return `holds: ${event.reason} ${event.detail}`
    case 'ScaleIntentEmitted':
      return `orders ${showCounts(event.target)}, sequence ${event.sequence}, ${event.intentId}`
    case 'RolloutReported':
      return `reports ${event.outcome} ${event.group ?? ''} ${event.step ?? ''} ${event.detail}`
    case 'ServiceConfigured':
      return `is configured, generation ${event.generation}`
    case 'ControlSet':
      return `${event.author} orders ${event.control} ${event.value} for ${event.scope}`
    default:
      return null
  }
}

const changeLine = (name: string, change: FleetChange): readonly StoryLine[] => {
  const line = (what: string): readonly StoryLine[] => [{ atMs: change.time, who: name, what: `${change.group}: ${what}` }]
  if (change.kind === 'written') return line(`written ${showCounts(change.countsBefore)} to ${showCounts(change.countsAfter)}, target ${showCounts(change.targetAfter)} by ${change.key}`)
  if (change.kind === 'refused') return line(`refused ${change.key}: ${change.code} ${change.detail}`)
  if (change.kind === 'phase' && (change.phase === 'ready' || change.phase === 'failed')) return line(`${change.instance} is ${change.phase}`)
  return []
}
