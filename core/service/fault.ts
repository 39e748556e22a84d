/** What is wrong with a service file: one fault a place, each with what was got, what is allowed and what to write instead. */

const faultCodes = [
  'E_SPEC_REQUIRED',
  'E_SPEC_UNKNOWN_KEY',
  'E_SPEC_TYPE',
  'E_SPEC_INT',
  'E_SPEC_NUMBER',
  'E_SPEC_NOT_FINITE',
  'E_SPEC_RANGE',
  'E_SPEC_CHOICE',
  'E_SPEC_NAME',
  'E_SPEC_DURATION',
  'E_SPEC_RATIO',
  'E_SPEC_ORDER',
  'E_SPEC_REPEATED',
  'E_SPEC_IMMUTABLE',
  'E_SPEC_EMPTY',
  'E_SPEC_SYNTAX',
  'E_SPEC_DUPLICATE',
  'E_SPEC_ALIAS',
  'E_SPEC_TAG',
  'E_SPEC_DEPTH',
  'E_SPEC_SIZE',
  'E_SPEC_ENCODING',
  'E_SPEC_DOCUMENTS',
] as const
export type FaultCode = (typeof faultCodes)[number]

export type Fault = {
  /** Where in the document: `spec.roles.prefill.minReplicas`; empty for the document as a whole. */
  readonly path: string
  readonly code: FaultCode
  readonly got: string
  readonly allowed: string
  /** What to write instead; empty when `allowed` says it all. */
  readonly hint: string
  /** Line and column in the file, from 1, when the document came from a text. */
  readonly line?: number
  readonly column?: number
  /** The line of the text with a caret below the column, for faults of syntax. */
  readonly excerpt?: string
}

/** `CODE where: what was got; what is allowed`. The caller appends what happens now. */
export const showFaultIn =
  (file: string) =>
  (fault: Fault): string => {
    const hint = fault.hint === '' ? '' : ` (${fault.hint})`
    return `${fault.code} ${placeOf(fault, file)}: ${fault.got}; ${fault.allowed}${hint}`
  }

/** The same for a document without a file name. */
export const showFault = showFaultIn('')

const placeOf = (fault: Fault, file: string): string => {
  const column = fault.column === undefined ? '' : `:${fault.column}`
  const line = fault.line === undefined ? '' : file === '' ? `line ${fault.line}${column}` : `:${fault.line}${column}`
  return [`${file}${line}`, fault.path].filter((part) => part !== '').join(' ') || 'document'
}

const SHOWN_CHARACTERS = 60

/** A value as a message shows it: short, on one line, everything but ASCII escaped, so that look-alikes stand out. */
export const showValue = (value: unknown): string => {
  if (value === undefined) return 'nothing'
  if (value === null) return 'blank'
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (typeof value === 'object') return 'a map'
  if (typeof value !== 'string') return String(value)
  const short = value.length > SHOWN_CHARACTERS ? `${value.slice(0, SHOWN_CHARACTERS)}…` : value
  return JSON.stringify(short).replace(/[^\x20-\x7e…]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
