/** How a fault of one decision or hold is named. */
import type { Finding, FindingCode } from './finding.ts'
import type { KeptVerdict } from './history.ts'

export const findingOf = ({ service, decisionId, time }: KeptVerdict, code: FindingCode, detail: string): Finding => ({ code, service, id: decisionId, time, detail })

/** One text for a record whose bytes are not those that it was hashed with. */
export const changedText = ({ hash, expectedHash }: KeptVerdict): string => `its bytes hash to ${shortHash(expectedHash)}; its record says ${shortHash(hash)}`

export const shortHash = (text: string): string => (/^[0-9a-f]{64}$/.test(text) ? `${text.slice(0, 12)}…` : text || '(empty)')
