/**
 * Faults of the sub-cluster's API, as an API server has them: calls that fail before or after their effect, calls
 * that hang, and writes that take effect long after the caller gave up.
 */
import type { Clock } from '../../core/ports.ts'

export const apiFaultKinds = ['api-unavailable', 'api-timeout', 'api-delayed-write'] as const
export const apiMethods = ['listNodes', 'listGroups', 'readGroup', 'applyGroup', 'setRegistrationTarget', 'undo', 'setRegistered'] as const
export type ApiMethod = (typeof apiMethods)[number]

export type ApiFault = {
  readonly kind: (typeof apiFaultKinds)[number]
  /** Any call when absent. */
  readonly method?: ApiMethod | undefined
  /** Whether the effect happens all the same. Meaningless for `api-delayed-write`. */
  readonly when: 'before' | 'after'
  /** So many calls; then it is spent. */
  readonly times: number
  /** World time until a delayed write takes effect; wall time that a hanging call is held. */
  readonly delayMs: number
}

export type PlantedApiFault = ApiFault & { readonly id: string; readonly left: number }

/** The call failed as planned; the route answers with the status. */
export class PlannedFailure extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export type ApiFaults = {
  plant(fault: ApiFault): PlantedApiFault
  lift(id: string): boolean
  list(): readonly PlantedApiFault[]
  /** Runs the effect of one call, or fails as planned. */
  around<T>(method: ApiMethod, effect: () => T): Promise<T>
  /** Lets go of all calls that hang. */
  release(): void
}

export const createApiFaults = (clock: Clock): ApiFaults => {
  const planted = new Map<string, PlantedApiFault & { left: number }>()
  const hanging = new Set<() => void>()
  let count = 0

  const next = (method: ApiMethod): ApiFault | null => {
    const fault = [...planted.values()].find((known) => known.left > 0 && (known.method ?? method) === method)
    if (fault === undefined) return null
    fault.left -= 1
    return fault
  }
  const hang = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const letGo = (): void => {
        clearTimeout(timer)
        hanging.delete(letGo)
        resolve()
      }
      const timer = setTimeout(letGo, ms)
      hanging.add(letGo)
    })
  const fail = async (fault: ApiFault, effect: () => unknown): Promise<never> => {
    if (fault.kind === 'api-delayed-write') {
      void clock.sleep(fault.delayMs).then(effect)
      throw new PlannedFailure(504, `planned fault: the write takes effect ${fault.delayMs} ms of world time later`)
    }
    if (fault.when === 'after') effect()
    if (fault.kind === 'api-timeout') await hang(fault.delayMs)
    throw new PlannedFailure(fault.kind === 'api-timeout' ? 504 : 503, `planned fault ${fault.kind} ${fault.when} the effect`)
  }
  return {
    plant: (fault) => {
      count += 1
      const entry = { ...fault, id: `api-fault-${count}`, left: fault.times }
      planted.set(entry.id, entry)
      return entry
    },
    lift: (id) => planted.delete(id),
    list: () => [...planted.values()],
    around: async (method, effect) => {
      const fault = next(method)
      return fault === null ? effect() : fail(fault, effect)
    },
    release: () => {
      for (const letGo of hanging) letGo()
    },
  }
}
