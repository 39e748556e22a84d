/** Which record may stand on which topic under which key. Both log adapters ask here before they append and after they read. */
import { controlKey } from '../controls/controls.ts'
import { topics } from '../topics.ts'
import type { Topic } from '../topics.ts'
import type { LogEvent } from './event.ts'

const admitted = new Map<string, ReadonlySet<string>>(
  Object.entries(topics).map(([topic, plan]) => [topic, new Set<string>(plan.carries)]),
)

/**
 * Null when the record is admitted, else the reason. A keyed record of a service or cell must carry that name as its
 * key: otherwise it would be folded in another partition than the one that decides on it.
 */
export const refusalOf = (topic: Topic, key: string | null, event: LogEvent): string | null => {
  const wrongType = refusalOfType(topic, event)
  if (wrongType !== null) return wrongType
  const owner = ownerOf(topic, event)
  if (owner === null || owner === key) return null
  return `E_EVENT_KEY_MISMATCH ${topic}: key ${key ?? 'null'}; ${event.type} speaks of ${owner}`
}

/** Null when records of this type may stand on the topic, whatever their key is. */
export const refusalOfType = (topic: Topic, event: LogEvent): string | null =>
  admitted.get(topic)?.has(event.type) === true ? null : `E_EVENT_TOPIC ${topic}: ${event.type} does not belong on this topic`

const ownerOf = (topic: Topic, event: LogEvent): string | null => {
  const { keyedBy } = topics[topic]
  if (keyedBy === 'service' && 'service' in event) return event.service
  if (keyedBy === 'cell' && 'cell' in event) return event.cell
  if (event.type === 'ControlSet') return controlKey(event)
  return null
}
