/** Talks to the API and turns its answers into results or into errors with an exit code. */
import type { ErrorAnswer } from '../services/api/answers.ts'
import type { ExitCode } from './exit-codes.ts'
import { CliError, exitCodes } from './exit-codes.ts'

type Headers = { readonly [name: string]: string }

export type ApiClient = {
  get<T>(path: string): Promise<T>
  /** Sends a service file as it is. */
  post<T>(path: string, body: Uint8Array, headers: Headers): Promise<T>
  postJson<T>(path: string, body: unknown, headers: Headers): Promise<T>
  delete<T>(path: string, headers: Headers): Promise<T>
}

/** Above the longest wait of `apply` (60 s). */
const DEADLINE_MS = 75_000

/** `deadlineMs`: wall time that one answer may take. */
export const createApiClient = (server: string, deadlineMs: number = DEADLINE_MS): ApiClient => {
  const request = async <T>(path: string, init: RequestInit): Promise<T> => {
    const response = await send(server, path, { ...init, signal: AbortSignal.timeout(deadlineMs) })
    const body: unknown = await response.json().catch(() => null)
    if (response.ok && body !== null) return body as T
    throw refusal(server, response.status, body)
  }
  return {
    get: (path) => request(path, {}),
    post: (path, body, headers) =>
      request(path, { method: 'POST', body: Buffer.from(body), headers: { 'content-type': 'application/yaml', ...headers } }),
    postJson: (path, body, headers) =>
      request(path, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } }),
    delete: (path, headers) => request(path, { method: 'DELETE', headers }),
  }
}

const send = async (server: string, path: string, init: RequestInit): Promise<Response> => {
  try {
    return await fetch(`${server}/api/v1${path}`, { ...init, redirect: 'error' })
  } catch (error) {
    const { cause, message } = error as Error & { cause?: { code?: string; message?: string } }
    throw new CliError(
      exitCodes.unavailable,
      `E_UNREACHABLE ${server}: ${cause?.code ?? cause?.message ?? message}; a running API is needed; ` +
        'start one with `heteroscale up`, or name it with --server or HETEROSCALE_API',
    )
  }
}

/** Codes of the API that a script wants to tell apart. The rest follows from the HTTP status. */
const exitOf: { readonly [code: string]: ExitCode } = {
  E_SPEC: exitCodes.badConfiguration,
  E_SAFETY_STEP: exitCodes.refused,
  E_SAFETY_SCALE: exitCodes.refused,
  E_SAFETY_STOPPED: exitCodes.refused,
  E_SAFETY_REPLACES: exitCodes.refused,
  E_SPEC_IMMUTABLE: exitCodes.refused,
  E_APPLY_REFUSED: exitCodes.refused,
  E_GENERATION: exitCodes.refused,
  E_QUERY: exitCodes.usage,
  E_BODY: exitCodes.usage,
  E_NOT_FOUND: exitCodes.failed,
}

const refusal = (server: string, status: number, body: unknown): CliError => {
  const answer = body as Partial<ErrorAnswer> | null
  if (typeof answer?.code !== 'string' || typeof answer.message !== 'string') {
    const allowed = 'the heteroscale API answers JSON; check --server'
    return new CliError(exitCodes.unavailable, `E_NO_API ${server}: HTTP ${status} without an answer of ours; ${allowed}`)
  }
  const where = answer.path ? ` ${answer.path}` : ''
  const exitCode = exitOf[answer.code] ?? (status >= 500 ? exitCodes.unavailable : exitCodes.failed)
  return new CliError(exitCode, `${answer.code}${where}: ${answer.message}`)
}
