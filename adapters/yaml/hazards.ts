/**
 * What is refused before the YAML parser sees a text. The parser recurses: 60,000 open brackets end the process with
 * an out-of-memory error that no catch clause sees, so depth is bounded on the text itself.
 */
import type { Fault } from '../../core/service/fault.ts'

/** A service file of 64 KiB would hold some 2,000 lines; ours has about 100. */
export const SERVICE_FILE_BYTES = 65_536
/**
 * Opening brackets in the whole text, quoted ones included: a bound on nesting that no clever quoting gets around.
 * The manifest as JSON has about 20; the parser's recursion ends at some 780.
 */
const BRACKETS = 256
/** `- - - ` opens a level per mark. */
const MARKS_PER_LINE = 32
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
  let brackets = 0
  for (const [index, content] of text.split('\n').entries()) {
    brackets += content.match(/[[{]/g)?.length ?? 0
    const hazard = lineHazard(content, brackets)
    if (hazard !== null) return { ...hazard, line: index + 1 }
  }
  return null
}

const lineHazard = (line: string, brackets: number): Fault | null => {
  if (line.startsWith('%')) return fault('E_SPEC_SYNTAX', 'a YAML directive', 'plain YAML 1.2 or JSON')
  if (brackets > BRACKETS) return fault('E_SPEC_DEPTH', `more than ${BRACKETS} opening brackets`, `at most ${BRACKETS}`)
  const indent = line.length - line.trimStart().length
  if (indent > INDENT_COLUMNS) return fault('E_SPEC_DEPTH', `${indent} columns of indentation`, `at most ${INDENT_COLUMNS}`)
  const marks = line.match(/(^|[ \t])[-?:](?=[ \t])/g)?.length ?? 0
  return marks > MARKS_PER_LINE ? fault('E_SPEC_DEPTH', `${marks} list or key marks in a line`, `at most ${MARKS_PER_LINE}`) : null
}

const startsWith = (bytes: Uint8Array, mark: readonly number[]): boolean => mark.every((byte, index) => bytes[index] === byte)

const fault = (code: Fault['code'], got: string, allowed: string): Fault => ({ path: '', code, got, allowed, hint: '' })

const refused = (code: Fault['code'], got: string, allowed: string): Decoded => ({ fault: fault(code, got, allowed) })
