/** Fetches one target's exposition under limits: a deadline for the whole body, a size, no redirects, known types. */
import { portError } from '../../core/port-error.ts'
import { defaultLimits, readExposition, type Exposition, type ExpositionLimits } from './exposition.ts'

export type ScrapeOptions = { readonly url: string; readonly deadlineMs: number; readonly limits?: ExpositionLimits }

const contentTypes = ['text/plain', 'application/openmetrics-text']

/**
 * One scrape. Throws an operating error `timeout` past the deadline, `unavailable` when the target does not answer
 * 200, and ExpositionError or `invalid` when what it sent cannot be trusted.
 */
export const scrape = async ({ url, deadlineMs, limits = defaultLimits }: ScrapeOptions): Promise<Exposition> => {
  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(), deadlineMs)
  try {
    const response = await fetch(url, { signal: abort.signal, redirect: 'error', headers: { accept: 'text/plain;version=0.0.4' } })
    refuseUntrusted(url, response)
    return readExposition(await readBody(url, response, limits.bytes), limits)
  } catch (error) {
    if (abort.signal.aborted) {
      throw portError('timeout', `E_SCRAPE_DEADLINE ${url}: no whole answer in ${deadlineMs} ms; the target counts as missing`, error)
    }
    if (error instanceof TypeError) throw portError('unavailable', `E_SCRAPE_UNREACHABLE ${url}: ${causeOf(error)}; it counts as missing`, error)
    throw error
  } finally {
    clearTimeout(timer)
  }
}

const causeOf = (error: TypeError): string => (error.cause instanceof Error ? error.cause.message : error.message)

const refuseUntrusted = (url: string, response: Response): void => {
  const type = response.headers.get('content-type') ?? 'none'
  if (response.status !== 200) {
    throw portError('unavailable', `E_SCRAPE_STATUS ${url}: got ${response.status}; allowed: 200; the target counts as missing`)
  }
  if (!contentTypes.some((allowed) => type.startsWith(allowed))) {
    throw portError('invalid', `E_METRIC_CONTENT_TYPE ${url}: got ${type}; allowed: ${contentTypes.join(', ')}; the target counts as missing`)
  }
}

/** Counts bytes after decompression while they arrive, so that a small compressed body cannot fill the memory. */
const readBody = async (url: string, response: Response, most: number): Promise<string> => {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let text = ''
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > most) throw portError('invalid', `E_METRIC_LIMIT ${url}: more than ${most} bytes; the target counts as missing`)
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}
