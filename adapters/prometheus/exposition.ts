/**
 * A strict reader of the Prometheus text format. Common readers turn an empty value into 0, keep the last of two
 * duplicate series and take `12abc` for 12; each of those once scaled something in. Here a line is read as the
 * format says or the target counts as failed, and a number that is not finite is dropped and named.
 */
import { readLabels, type Labels } from './labels.ts'

export type Sample = { readonly name: string; readonly labels: Labels; readonly value: number }

/** `metric`: the one that lost a series by it; absent when the fault is of the line, not of a series. */
export type ExpositionFault = { readonly code: string; readonly line: number; readonly detail: string; readonly metric?: string }

export type Exposition = { readonly samples: readonly Sample[]; readonly dropped: readonly ExpositionFault[] }

/** What one target may send; a vLLM engine sends about 60 KB in 600 lines with up to 6 labels. */
export type ExpositionLimits = {
  readonly bytes: number
  readonly lines: number
  readonly lineLength: number
  readonly labels: number
}

export const defaultLimits: ExpositionLimits = { bytes: 8 * 1024 * 1024, lines: 100_000, lineLength: 64 * 1024, labels: 32 }

/** The whole scrape is unusable; the target is missing for this round. */
export class ExpositionError extends Error {
  readonly code: string
  constructor(fault: ExpositionFault) {
    super(`${fault.code} line ${fault.line}: ${fault.detail}; the target counts as missing for this round`)
    this.code = fault.code
  }
}

/**
 * Reads one exposition. Throws ExpositionError on bad syntax, on a broken limit and on an empty body; drops samples
 * that are not finite and every copy of a duplicate series.
 */
export const readExposition = (text: string, limits: ExpositionLimits = defaultLimits): Exposition => {
  const lines = splitLines(text, limits)
  const read = new Map<string, Sample>()
  const twice = new Set<string>()
  const dropped: ExpositionFault[] = []
  lines.forEach((line, index) => {
    if (line === '' || line.startsWith('#')) return
    const sample = readLine(line, index + 1, limits)
    const series = seriesOf(sample)
    if (!Number.isFinite(sample.value)) dropped.push({ ...fault('E_METRIC_NOT_FINITE', index + 1, `${sample.name}: ${sample.value}`), metric: sample.name })
    else if (read.has(series)) twice.add(series)
    else read.set(series, sample)
  })
  for (const series of twice) {
    const metric = read.get(series)?.name ?? series
    read.delete(series)
    dropped.push({ ...fault('E_METRIC_DUPLICATE', 0, `${series}; all copies dropped`), metric })
  }
  if (read.size === 0 && dropped.length === 0) throw new ExpositionError(fault('E_METRIC_EMPTY', 0, 'no samples'))
  return { samples: [...read.values()], dropped }
}

const fault = (code: string, line: number, detail: string): ExpositionFault => ({ code, line, detail })

const fail = (code: string, line: number, detail: string): never => {
  throw new ExpositionError(fault(code, line, detail))
}

const splitLines = (text: string, limits: ExpositionLimits): readonly string[] => {
  if (text.length > limits.bytes) fail('E_METRIC_LIMIT', 0, `${text.length} bytes; at most ${limits.bytes}`)
  if (text.includes('\u0000')) fail('E_METRIC_SYNTAX', 0, 'byte 0x00')
  const lines = text.split('\n')
  if (lines.length > limits.lines) fail('E_METRIC_LIMIT', lines.length, `${lines.length} lines; at most ${limits.lines}`)
  const long = lines.findIndex((line) => line.length > limits.lineLength)
  if (long >= 0) fail('E_METRIC_LIMIT', long + 1, `${lines[long]?.length} characters; at most ${limits.lineLength}`)
  return lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line))
}

const namePattern = /^[a-zA-Z_:][a-zA-Z0-9_:]*/

const readLine = (line: string, number: number, limits: ExpositionLimits): Sample => {
  const name = namePattern.exec(line)?.[0] ?? fail('E_METRIC_SYNTAX', number, `no metric name in ${JSON.stringify(line.slice(0, 40))}`)
  const labelled = line[name.length] === '{'
  const parsed = labelled ? readLabels(line, name.length, limits.labels) : { labels: {}, end: name.length }
  if ('fault' in parsed) return fail(parsed.code, number, `col ${parsed.column}: ${parsed.fault}`)
  return { name, labels: parsed.labels, value: readValue(line.slice(parsed.end), number) }
}

/** Decimal, exponent, or one of the format's words; nothing that Number() merely tolerates. */
const numberPattern = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/
const words: { readonly [word: string]: number } = {
  NaN: Number.NaN,
  '+Inf': Number.POSITIVE_INFINITY,
  Inf: Number.POSITIVE_INFINITY,
  '-Inf': Number.NEGATIVE_INFINITY,
}

const readValue = (rest: string, line: number): number => {
  const [value, timestamp, extra] = rest.split(' # ')[0]?.trim().split(/\s+/) ?? []
  if (value === undefined || value === '') return fail('E_METRIC_SYNTAX', line, 'no value')
  if (extra !== undefined) return fail('E_METRIC_SYNTAX', line, `unexpected ${JSON.stringify(extra)} after the timestamp`)
  if (timestamp !== undefined && !/^-?\d+(\.\d+)?$/.test(timestamp)) {
    return fail('E_METRIC_SYNTAX', line, `bad timestamp ${JSON.stringify(timestamp)}`)
  }
  if (Object.hasOwn(words, value)) return words[value] as number
  return numberPattern.test(value) ? Number(value) : fail('E_METRIC_SYNTAX', line, `bad number ${JSON.stringify(value)}`)
}

const seriesOf = (sample: Sample): string => {
  const keys = Object.keys(sample.labels)
  if (keys.length === 0) return sample.name
  return `${sample.name}{${keys.sort().map((key) => `${key}=${JSON.stringify(sample.labels[key])}`).join(',')}}`
}
