/** One HTTP call to the emulator: a deadline over the whole answer, and operating errors instead of status codes. */
import { portError } from '../../core/port-error.ts'
import type { PortError, PortErrorCode } from '../../core/ports.ts'

export type EmulatorCall = {
  readonly url: string
  readonly timeoutMs: number
  /** With a body the call is a POST, else a GET. */
  readonly body?: unknown
}

/**
 * The parsed JSON answer. Throws `timeout` past the deadline, `unavailable` when nobody answers or the server fails
 * (both: the effect is unknown), `not-found` on 404, `invalid` on any other refusal and on an answer that is not JSON.
 */
export const emulatorCall = async ({ url, timeoutMs, body }: EmulatorCall): Promise<unknown> => {
  const post = body === undefined ? {} : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  try {
    const response = await fetch(url, { ...post, signal: AbortSignal.timeout(timeoutMs), redirect: 'error' })
    const text = await response.text()
    if (!response.ok) throw refused(url, response.status, text)
    return JSON.parse(text) as unknown
  } catch (error) {
    throw asPortError(url, timeoutMs, error)
  }
}

const refused = (url: string, status: number, text: string): PortError => {
  const code: PortErrorCode = status === 404 ? 'not-found' : status >= 500 || status === 429 ? 'unavailable' : 'invalid'
  const next = code === 'unavailable' ? 'the effect is unknown, read before you go on' : 'asking again the same way will not help'
  return portError(code, `E_SUB_CLUSTER_STATUS ${url}: got ${status} ${text.slice(0, 300)}; allowed: 200; ${next}`)
}

const asPortError = (url: string, timeoutMs: number, error: unknown): PortError => {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string' && error.message.startsWith('E_SUB_CLUSTER')) {
    return error as PortError
  }
  if (error instanceof Error && error.name === 'TimeoutError') {
    return portError('timeout', `E_SUB_CLUSTER_TIMEOUT ${url}: no whole answer in ${timeoutMs} ms; the effect is unknown, read before you go on`, error)
  }
  if (error instanceof SyntaxError) {
    return portError('invalid', `E_SUB_CLUSTER_ANSWER ${url}: got an answer that is not JSON; the effect is unknown, read before you go on`, error)
  }
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
  return portError('unavailable', `E_SUB_CLUSTER_UNREACHABLE ${url}: ${cause}; the effect is unknown, read before you go on`, error)
}
