/** When a fleet has come to rest: nothing is on its way, nothing reserved, and what serves is what was ordered. */
import type { RoleCounts } from '../../core/roles.ts'
import { showCounts } from '../../core/roles.ts'
import type { ServiceName } from './services.ts'
import type { Stage } from './stage.ts'

/** Null at rest, else what is still missing. */
export const unrest = async (stage: Stage, service: ServiceName, ordered: RoleCounts): Promise<string | null> => {
  const { history } = stage
  if (history.openIntents().length > 0) return `open intents ${history.openIntents().join(' ')}`
  if (history.openReservations().length > 0) return `open reservations ${history.openReservations().join(' ')}`
  const groups = await stage.groups(service)
  const desired = sum(groups.map(({ counts }) => counts))
  const serving = sum(groups.map(({ instances }) => countsOf(instances.filter(({ registered, phase }) => registered && phase === 'ready'))))
  if (!same(desired, ordered)) return `${service} stands at ${showCounts(desired)}, ordered are ${showCounts(ordered)}; last hold: ${history.lastHold(service)}`
  return same(serving, ordered) ? null : `of ${service} ${showCounts(serving)} serve, ordered are ${showCounts(ordered)}`
}

/** Waits for rest and gives the wall time at which it was seen. Throws with what was missing. */
export const awaitRest = async (stage: Stage, { service, ordered, withinMs }: { readonly service: ServiceName; readonly ordered: RoleCounts; readonly withinMs: number }): Promise<number> => {
  const deadline = Date.now() + withinMs
  for (;;) {
    const missing = await unrest(stage, service, ordered).catch((error: unknown) => String(error))
    if (missing === null) return Date.now()
    if (Date.now() > deadline) throw new Error(`no rest after ${withinMs} ms: ${missing}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const sum = (all: readonly RoleCounts[]): RoleCounts => ({
  prefill: all.reduce((total, { prefill }) => total + prefill, 0),
  decode: all.reduce((total, { decode }) => total + decode, 0),
})

const countsOf = (instances: readonly { readonly role: string }[]): RoleCounts => ({
  prefill: instances.filter(({ role }) => role === 'prefill').length,
  decode: instances.filter(({ role }) => role === 'decode').length,
})

const same = (one: RoleCounts, other: RoleCounts): boolean => one.prefill === other.prefill && one.decode === other.decode
