/** Services that were deleted: what they left behind is there, and nobody scales it. */
import type { UnmanagedAnswer } from './answers.ts'
import type { ReadModel } from './read-model.ts'
import { isUnmanaged, UNMANAGED } from './read-model.ts'
import { observedOf } from './service-view.ts'

/** Newest first. */
export const unmanagedAnswers = (model: ReadModel): readonly UnmanagedAnswer[] =>
  [...model.deletedAt]
    .filter(([name]) => isUnmanaged(model, name))
    .sort(([, one], [, other]) => other - one)
    .slice(0, UNMANAGED)
    .map(([name, deletedAt]) => ({ name, deletedAt, counts: observedOf([...(model.left.get(name)?.values() ?? [])])?.desired ?? null }))
