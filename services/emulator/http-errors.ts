/** Refusals of the emulator's API: status and a message that says what is allowed. */
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { PlannedFailure } from './api-faults.ts'

class HttpError extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export const notFound = (what: string, name: string): never => {
  throw new HttpError(404, `E_NOT_FOUND no ${what} ${name}; nothing was changed`)
}

export const badRequest = (fault: string): never => {
  throw new HttpError(400, `E_INVALID ${fault}; nothing was changed`)
}

/** The checked value. Answers 400 with every fault otherwise. */
export const parseBody = <T>(schema: z.ZodType<T>, value: unknown): T => {
  const parsed = schema.safeParse(value)
  return parsed.success ? parsed.data : badRequest(z.prettifyError(parsed.error))
}

export const addErrorHandler = (http: FastifyInstance): void => {
  http.setErrorHandler(async (error: Error & { statusCode?: number }, _request, reply) => {
    const known = error instanceof HttpError || error instanceof PlannedFailure
    const status = known ? error.status : (error.statusCode ?? 500)
    return reply.code(status).send({ error: error.message })
  })
}
