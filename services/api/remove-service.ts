/** Makes a service unmanaged: its instances stay as they are, and rollouts under way go on to their end. */
import { showCounts } from '../../core/roles.ts'
import { scopeOf } from '../../core/controls/controls.ts'
import type { DeleteAnswer } from './answers.ts'
import type { ApplyPorts } from './apply.ts'
import { serviceRollouts } from './group-view.ts'
import { notFoundOrDeleted } from './not-found.ts'
import type { ReadModel } from './read-model.ts'
import { isOpen } from './rollout-view.ts'
import { serviceAnswer } from './service-view.ts'
import { waitFor } from './wait-for.ts'

export type RemoveRequest = {
  readonly service: string
  readonly author: string
  /** Wall time. */
  readonly waitMs: number
}

/** Waits for the tombstone in `services`. Throws `ApiError` 404 for a service that is not known. */
export const removeService = async ({ model, appender, clock }: ApplyPorts, request: RemoveRequest): Promise<DeleteAnswer> => {
  const { service, author, waitMs } = request
  const left = whatStays(model, service, clock.now()) ?? notFoundOrDeleted('services', service, model)
  const gone = waitFor(model, { found: () => !model.services.has(service) || null, late: () => false, waitMs })
  try {
    await appender.append([{ topic: 'signals', key: service, event: { type: 'ServiceRemoved', service, author, time: clock.now() } }])
  } catch (error) {
    gone.cancel()
    throw error
  }
  const outcome = (await gone.outcome) ? 'deleted' : 'recorded'
  return { outcome, service, ...left, message: messageOf(outcome, left, waitMs) }
}

type Left = Pick<DeleteAnswer, 'counts' | 'openRollouts' | 'controls'>

const whatStays = (model: ReadModel, service: string, now: number): Left | null => {
  const answer = serviceAnswer(model, service, now)
  if (answer === null) return null
  return {
    counts: answer.observed?.desired ?? null,
    openRollouts: serviceRollouts(model, service).filter(isOpen).map(({ id }) => id),
    controls: model.controls.inForceFor(service, now).filter(({ scope }) => scope === scopeOf(service)),
  }
}

const messageOf = (outcome: DeleteAnswer['outcome'], { counts, openRollouts, controls }: Left, waitMs: number): string =>
  [
    outcome === 'deleted' ? 'unmanaged from now on' : `recorded, but no decider answered within ${waitMs / 1000} s; it takes effect when one does`,
    counts === null ? 'its instances stay as they are' : `its instances stay at ${showCounts(counts)}`,
    ...(openRollouts.length === 0 ? [] : [`${openRollouts.length} open rollout(s) go on to their end`]),
    ...controls.map(({ control, value }) => `${control} ${value} stays, and holds again when the service is applied again`),
  ].join('; ')
