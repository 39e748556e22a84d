/** The answer about names that the log does not know. */
import { ApiError } from './api-error.ts'

const lists = { services: 'names', decisions: 'ids of decisions and intents' } as const

/** Throws `ApiError` 404. */
export const notFound = (list: keyof typeof lists, name: string): never => {
  const message = `${JSON.stringify(name.slice(0, 100))} is not known here; ${lists[list]} stand in \`heteroscale get ${list}\` (GET /api/v1/${list}); nothing was done`
  throw new ApiError(404, { code: 'E_NOT_FOUND', message, path: list })
}

export const serviceNotFound = (name: string): never => notFound('services', name)
