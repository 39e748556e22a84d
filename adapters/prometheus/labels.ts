/** Reads `{name="value",…}` of one exposition line, character by character. */

export type Labels = { readonly [name: string]: string }

type LabelFault = { readonly code: string; readonly fault: string; readonly column: number }

const labelName = /[a-zA-Z_][a-zA-Z0-9_]*/y
const reserved = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * Labels of the block that opens at `start`, and the index after its closing brace. A trailing comma is allowed, as
 * the format allows it; a label named twice or a name that JavaScript reserves is a fault.
 */
export const readLabels = (line: string, start: number, most: number): { labels: Labels; end: number } | LabelFault => {
  const labels: { [name: string]: string } = {}
  let count = 0
  let at = skipBlanks(line, start + 1)
  while (line[at] !== '}') {
    const label = readLabel(line, at)
    if ('fault' in label) return label
    if (Object.hasOwn(labels, label.name)) return syntax(`duplicate label ${label.name}`, at)
    if (++count > most) return { code: 'E_METRIC_LIMIT', fault: `more than ${most} labels`, column: at + 1 }
    labels[label.name] = label.value
    at = skipBlanks(line, label.end)
    if (line[at] === ',') at = skipBlanks(line, at + 1)
    else if (line[at] !== '}') return syntax('expected , or } after a label', at)
  }
  return { labels, end: at + 1 }
}

const syntax = (fault: string, at: number): LabelFault => ({ code: 'E_METRIC_SYNTAX', fault, column: at + 1 })

const skipBlanks = (line: string, from: number): number => {
  let at = from
  while (line[at] === ' ' || line[at] === '\t') at++
  return at
}

const readLabel = (line: string, at: number): { name: string; value: string; end: number } | LabelFault => {
  labelName.lastIndex = at
  const name = labelName.exec(line)?.[0]
  if (name === undefined) return syntax(at >= line.length ? 'unterminated label block' : 'bad label name', at)
  if (reserved.has(name)) return { code: 'E_METRIC_LABEL', fault: `reserved name ${name}`, column: at + 1 }
  const equals = skipBlanks(line, at + name.length)
  const quote = skipBlanks(line, equals + 1)
  if (line[equals] !== '=' || line[quote] !== '"') return syntax(`expected ="…" after ${name}`, equals)
  const value = readQuoted(line, quote + 1)
  return value === null ? syntax('unterminated label value', quote) : { name, ...value }
}

const escapes: { readonly [letter: string]: string } = { n: '\n', '\\': '\\', '"': '"' }

const readQuoted = (line: string, from: number): { value: string; end: number } | null => {
  const plain = line.indexOf('"', from)
  if (plain < 0) return null
  const candidate = line.slice(from, plain)
  return candidate.includes('\\') ? readEscaped(line, from) : { value: candidate, end: plain + 1 }
}

const readEscaped = (line: string, from: number): { value: string; end: number } | null => {
  let value = ''
  for (let at = from; at < line.length; at++) {
    const char = line[at] as string
    if (char === '"') return { value, end: at + 1 }
    if (char === '\\') value += escapes[line[++at] ?? ''] ?? `\\${line[at] ?? ''}`
    else value += char
  }
  return null
}
