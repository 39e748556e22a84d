/** Services that the decider accepted: only these are collected for, and each gets a heartbeat even when it is idle. */
import type { EventLog, Follower, LogRecord } from '../../core/ports.ts'

export type KnownServices = Follower & { names(): readonly string[]; has(service: string): boolean }

/** Follows `services` from its start; a tombstone ends a service. */
export const followServices = async (eventLog: EventLog): Promise<KnownServices> => {
  const known = new Set<string>()
  const follower = await eventLog.follow({ topics: ['services'], from: 'start', onRecord: (record) => fold(known, record) })
  return { ...follower, names: () => [...known].sort(), has: (service) => known.has(service) }
}

const fold = (known: Set<string>, { key, event }: LogRecord): void => {
  if (event?.type === 'ServiceAccepted') known.add(event.service)
  else if (event === null && key !== null) known.delete(key)
}
