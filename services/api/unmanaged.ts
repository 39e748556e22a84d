/** Services that were deleted: what they left behind is there, and nobody scales it. */
import type { RoleCounts } from '../../core/roles.ts'
import type { UnmanagedAnswer } from './answers.ts'
import type { ReadModel } from './read-model.ts'
import { isUnmanaged, UNMANAGED } from './read-model.ts'
import { knownCounts } from './decision-view.ts'
import { observedOf } from './service-view.ts'

/** Newest first. */
export const unmanagedAnswers = (model: ReadModel): readonly UnmanagedAnswer[] =>
  [...model.deletedAt]
    .filter(([name]) => isUnmanaged(model, name))
    .sort(([, one], [, other]) => other - one)
    .slice(0, UNMANAGED)
    .map(([name, deletedAt]) => ({ name, deletedAt, counts: observedOf([...(model.left.get(name)?.values() ?? [])])?.desired ?? lastCounts(model, name) }))

/** Nobody observes a deleted service: after a restart of the API the last verdict on it is all that is known. */
const lastCounts = (model: ReadModel, name: string): RoleCounts | null => {
  const last = model.decisions.newestFirst().find(({ service }) => service === name)
  if (last === undefined) return null
  return last.type === 'ScaleDecided' ? last.to : knownCounts(last)
}
