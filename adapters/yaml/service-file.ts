/** From the bytes of a service file, YAML or JSON, to a validated manifest or to all its faults with their lines. */
import type { Document, Node, Scalar, YAMLError } from 'yaml'
import { isAlias, isNode, isScalar, LineCounter, parseAllDocuments, visit } from 'yaml'
import type { Fault, FaultCode } from '../../core/service/fault.ts'
import { showValue } from '../../core/service/fault.ts'
import type { Validation } from '../../core/service/validate.ts'
import { validateManifest } from '../../core/service/validate.ts'
import { decodeText, hazardOf } from './hazards.ts'

/**
 * Reads one document. JSON is read by the same parser, because JSON.parse keeps the last of two equal keys without a
 * word. Refused with line and column: syntax, duplicate keys, anchors and aliases, tags, several documents, depth,
 * size, and numbers written in a way that YAML versions read differently (`010`, `1e3`, `0x1f`).
 */
export const readServiceFile = (bytes: Uint8Array): Validation => {
  const decoded = decodeText(bytes)
  if ('fault' in decoded) return { ok: false, faults: [decoded.fault] }
  const hazard = hazardOf(decoded.text)
  return hazard === null ? readText(decoded.text) : { ok: false, faults: [hazard] }
}

const readText = (text: string): Validation => {
  const lines = new LineCounter()
  const documents = [...parseAllDocuments(text, { lineCounter: lines, prettyErrors: true, schema: 'core', merge: false })]
  const faults = documents.flatMap((document) => [...document.errors, ...document.warnings]).map((error) => syntaxFault(error, text))
  if (faults.length > 0) return { ok: false, faults }
  const [only, ...more] = documents.filter((document) => document.contents !== null && !isBlank(document.contents))
  if (only === undefined) return { ok: false, faults: [empty] }
  return more.length > 0 ? { ok: false, faults: [severalDocuments(more.length + 1)] } : readDocument(only, lines)
}

const readDocument = (document: Document.Parsed, lines: LineCounter): Validation => {
  const unwanted = unwantedNodes(document, lines)
  if (unwanted.length > 0) return { ok: false, faults: unwanted }
  const result = validateManifest(document.toJS())
  return result.ok ? result : { ok: false, faults: result.faults.map((fault) => ({ ...fault, ...lineOf(fault.path, document, lines) })) }
}

const isBlank = (node: Node): boolean => isScalar(node) && node.value === null

const empty: Fault = { path: '', code: 'E_SPEC_EMPTY', got: 'no document', allowed: 'one service', hint: '' }

const severalDocuments = (count: number): Fault => ({
  path: '',
  code: 'E_SPEC_DOCUMENTS',
  got: `${count} documents`,
  allowed: 'one service a file',
  hint: 'split the file at `---`',
})

const codes: { readonly [code: string]: FaultCode } = {
  DUPLICATE_KEY: 'E_SPEC_DUPLICATE',
  TAG_RESOLVE_FAILED: 'E_SPEC_TAG',
  BAD_ALIAS: 'E_SPEC_ALIAS',
  RESOURCE_EXHAUSTED: 'E_SPEC_DEPTH',
}

const hints: { readonly [code: string]: string } = {
  TAB_AS_INDENT: 'indent with spaces',
  DUPLICATE_KEY: 'remove one of the two',
  TAG_RESOLVE_FAILED: 'write the value without a tag',
}

const syntaxFault = (error: YAMLError, text: string): Fault => {
  const { line, column } = onText(text, error.linePos?.[0] ?? { line: 1, col: 1 })
  return {
    path: '',
    code: codes[error.code] ?? 'E_SPEC_SYNTAX',
    got: (error.message.split(' at line ')[0] as string).replace(/\s+/g, ' ').slice(0, 120),
    allowed: 'YAML 1.2 or JSON without duplicate keys, aliases and tags',
    hint: hints[error.code] ?? '',
    line,
    column,
    excerpt: excerptOf(text, line, column),
  }
}

/** What is missing at the very end (a closing quote) is reported behind the last line that has text. */
const onText = (text: string, at: { readonly line: number; readonly col: number }): { line: number; column: number } => {
  const last = text.trimEnd().split('\n')
  if (at.line <= last.length) return { line: at.line, column: at.col }
  return { line: last.length, column: (last.at(-1) ?? '').length + 1 }
}

const EXCERPT_COLUMNS = 100

const excerptOf = (text: string, line: number, column: number): string => {
  const source = (text.split('\n')[line - 1] ?? '').trimEnd().replace(/\t/g, '→')
  const from = Math.max(0, column - EXCERPT_COLUMNS / 2)
  return `${source.slice(from, from + EXCERPT_COLUMNS)}\n${' '.repeat(Math.max(0, column - 1 - from))}^`
}

/** Anchors, aliases and tags have no place in a configuration; numbers must look like what they are. */
const unwantedNodes = (document: Document.Parsed, lines: LineCounter): readonly Fault[] => {
  const faults: Fault[] = []
  visit(document, {
    Node: (_key, node) => {
      const fault = nodeFault(node as Node)
      if (fault !== null) faults.push({ ...fault, ...positionOf(node as Node, lines) })
    },
    Pair: (_key, { key }) => {
      if (isNode(key) && !isScalar(key)) faults.push({ ...collectionAsKey, ...positionOf(key, lines) })
    },
  })
  return faults
}

const collectionAsKey: Fault = { path: '', code: 'E_SPEC_TYPE', got: 'a list or map as a key', allowed: 'words as keys', hint: '' }

const nodeFault = (node: Node): Fault | null => {
  const fault = (code: FaultCode, got: string, allowed: string): Fault => ({ path: '', code, got, allowed, hint: '' })
  if (isAlias(node)) return fault('E_SPEC_ALIAS', `*${node.source}`, 'no aliases: write the value again')
  if ('anchor' in node && node.anchor !== undefined) return fault('E_SPEC_ALIAS', `&${node.anchor}`, 'no anchors: write the value again')
  if (node.tag !== undefined) return fault('E_SPEC_TAG', showValue(node.tag), 'values without tags')
  return isScalar(node) && isOddNumber(node) ? fault('E_SPEC_INT', String(node.source), 'plain decimal digits') : null
}

/** `010` is 10 in YAML 1.2 and 8 in 1.1. `.inf` and `.nan` pass: the validation names them better. */
const isOddNumber = (node: Scalar): boolean =>
  typeof node.value === 'number' &&
  Number.isFinite(node.value) &&
  node.source !== undefined &&
  !/^-?(0|[1-9]\d*)(\.\d+)?$/.test(node.source)

const positionOf = (node: Node, lines: LineCounter): { readonly line?: number; readonly column?: number } => {
  if (!node.range) return {}
  const { line, col } = lines.linePos(node.range[0])
  return { line, column: col }
}

/** Line of the value at `path`, or of its nearest ancestor when the value is missing. */
const lineOf = (path: string, document: Document.Parsed, lines: LineCounter): { readonly line?: number } => {
  const keys = path.split(/[.[\]]+/).filter((key) => key !== '')
  for (let depth = keys.length; depth >= 0; depth--) {
    const node: unknown = depth === 0 ? document.contents : document.getIn(keys.slice(0, depth).map(indexOrKey), true)
    if (!isNode(node)) continue
    const { line } = positionOf(node, lines)
    return line === undefined ? {} : { line }
  }
  return {}
}

const indexOrKey = (key: string): string | number => (/^\d+$/.test(key) ? Number(key) : key)
