/**
 * What is refused before the YAML parser sees a text. The parser recurses: 60,000 open brackets end the process with
 * an out-of-memory error that no catch clause sees, so depth is bounded on the text itself.
 */
import type { Fault } from '../../core/service/fault.ts'

/** A service file of 64 KiB would hold some 2,000 lines; ours has about 100. */
export const SERVICE_FILE_BYTES = 65_536
const DEPTH = 32
/** Nested block maps need at least one more column a level. */
const INDENT_COLUMNS = 128

type Decoded = { readonly text: string } | { readonly fault: Fault }

/** UTF-8 with or without byte order mark; anything else is named. */
export const decodeText = (bytes: Uint8Array): Decoded => {
  if (bytes.length > SERVICE_FILE_BYTES) return refused('E_SPEC_SIZE', `${bytes.length} bytes`, `at most ${SERVICE_FILE_BYTES} bytes`)
  if (startsWith(bytes, [0xff, 0xfe]) || startsWith(bytes, [0xfe, 0xff])) return refused('E_SPEC_ENCODING', 'UTF-16', 'UTF-8')
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return text.includes('\0') ? refused('E_SPEC_ENCODING', 'a byte 0x00', 'UTF-8 text') : { text }
  } catch {
    return refused('E_SPEC_ENCODING', 'bytes that are not UTF-8', 'UTF-8')
  }
}

/** The first construct of `text` that the parser must not see, or null. */
export const hazardOf = (text: string): Fault | null => {
  let open = 0
  for (const [index, line] of text.split('\n').entries()) {
    if (line.startsWith('%')) return { ...fault('E_SPEC_SYNTAX', 'a YAML directive', 'plain YAML 1.2 or JSON'), line: index + 1 }
    open += bracketsOf(line)
    if (isDeep(line, open)) return { ...fault('E_SPEC_DEPTH', `more than ${DEPTH} levels`, `at most ${DEPTH} levels`), line: index + 1 }
  }
  return null
}

/** Net count of opened brackets; a line that opens too many at once is caught as well, since none is that long closed. */
const bracketsOf = (line: string): number => {
  let net = 0
  let highest = 0
  for (const char of line) {
    if (char === '[' || char === '{') highest = Math.max(highest, ++net)
    else if (char === ']' || char === '}') net--
  }
  return highest > DEPTH ? highest : net
}

const isDeep = (line: string, open: number): boolean => {
  const indicators = /^ *((?:[-?:][ \t]+)*)/.exec(line)?.[1] ?? ''
  const indent = line.length - line.trimStart().length
  return open > DEPTH || indent > INDENT_COLUMNS || indicators.replace(/\s/g, '').length > DEPTH
}

const startsWith = (bytes: Uint8Array, mark: readonly number[]): boolean => mark.every((byte, index) => bytes[index] === byte)

const fault = (code: Fault['code'], got: string, allowed: string): Fault => ({ path: '', code, got, allowed, hint: '' })

const refused = (code: Fault['code'], got: string, allowed: string): Decoded => ({ fault: fault(code, got, allowed) })
