/** Every answer of the API that says no, in one shape: `{ code, message, path }`. */
import type { FastifyError, FastifyReply } from 'fastify'
import { isPortError } from '../../core/port-error.ts'
import type { Logger } from '../../core/ports.ts'
import type { Fault } from '../../core/service/fault.ts'
import type { ErrorAnswer } from './answers.ts'

/** Thrown by a route; `status` is the HTTP status of the answer. */
export class ApiError extends Error {
  readonly status: number
  readonly answer: ErrorAnswer

  constructor(status: number, answer: { code: string; message: string; path?: string; faults?: readonly Fault[] }) {
    super(answer.message)
    this.status = status
    this.answer = { path: '', ...answer }
  }
}

/** Answers an error. Only our own mistakes are logged; nobody sees a stack trace. */
export const answerError = (error: unknown, reply: FastifyReply, log: Logger): FastifyReply => {
  const { status, answer } = error instanceof ApiError ? error : foreignError(error)
  if (status === 500) log.error({ err: error }, 'E_INTERNAL a request failed; the client got 500')
  return reply.code(status).send(answer)
}

const foreignError = (error: unknown): { readonly status: number; readonly answer: ErrorAnswer } => {
  if (isPortError(error)) {
    const message = `the event log did not answer (${error.code}); what was asked may or may not be recorded; read before you repeat`
    return { status: 503, answer: { code: 'E_LOG_UNAVAILABLE', message, path: '' } }
  }
  const { statusCode = 500, message = '' } = error as Partial<FastifyError>
  if (statusCode >= 500) return { status: 500, answer: { code: 'E_INTERNAL', message: 'the API failed; its log says why', path: '' } }
  return { status: statusCode, answer: { code: `E_HTTP_${statusCode}`, message, path: '' } }
}
