/** The answer about names that the log does not know. */
import { ApiError } from './api-error.ts'
import type { Deletable } from './read-model.ts'
import { isUnmanaged } from './read-model.ts'
import { showTime } from './show-time.ts'

const lists = { services: 'names', decisions: 'ids of decisions and intents' } as const

/** Throws `ApiError` 404. */
export const notFound = (list: keyof typeof lists, name: string): never => {
  const message = `${JSON.stringify(name.slice(0, 100))} is not known here; ${lists[list]} stand in \`heteroscale get ${list}\` (GET /api/v1/${list}); nothing was done`
  throw new ApiError(404, { code: 'E_NOT_FOUND', message, path: list })
}

/** The same for what may be the name of a deleted service, of which more is known than nothing. Throws `ApiError` 404. */
export const notFoundOrDeleted = (list: keyof typeof lists, name: string, model: Deletable): never => {
  const deletedAt = model.deletions.get(name)?.at(-1)
  if (deletedAt === undefined || !isUnmanaged(model, name)) return notFound(list, name)
  const message = `${name} was deleted at ${showTime(deletedAt)}; its instances stay, and nobody scales them`
  throw new ApiError(404, { code: 'E_NOT_FOUND', message, path: list })
}

export const serviceNotFound = (name: string, model: Deletable): never => notFoundOrDeleted('services', name, model)
