/** Services that were deleted: what they left behind is there, and nobody scales it. */
import type { RoleCounts } from '../../core/roles.ts'
import type { UnmanagedAnswer } from './answers.ts'
import { decisionAnswers } from './decision-view.ts'
import type { ReadModel } from './read-model.ts'
import { isUnmanaged, UNMANAGED } from './read-model.ts'
import { observedOf } from './service-view.ts'

/** Newest first. */
export const unmanagedAnswers = (model: ReadModel): readonly UnmanagedAnswer[] =>
  [...model.deletions]
    .flatMap(([name, deletions]) => (isUnmanaged(model, name) ? [{ name, deletedAt: deletions.at(-1) ?? 0 }] : []))
    .sort((one, other) => other.deletedAt - one.deletedAt)
    .slice(0, UNMANAGED)
    .map((deleted) => ({ ...deleted, counts: countsOf(model, deleted.name) }))

/** Nobody observes a deleted service: after a restart of the API the last verdict on it is all that is known. */
const countsOf = (model: ReadModel, name: string): RoleCounts | null =>
  observedOf([...(model.left.get(name)?.values() ?? [])])?.desired ?? decisionAnswers(model, name, 1)[0]?.to ?? null
