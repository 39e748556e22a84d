/** Reads published request traces from their text: Azure's CSV and Mooncake's JSON lines. */
import type { Random } from './prng.ts'
import type { Arrival } from './workload.ts'

/** A line that cannot be read. Nothing of the trace is used then. */
export class TraceError extends Error {
  readonly code = 'E_TRACE'
  constructor(line: number, got: string, allowed: string) {
    super(`E_TRACE line ${line}: got ${JSON.stringify(got.slice(0, 80))}; allowed: ${allowed}; the trace is not used`)
  }
}

/** Parses either format; the first line tells which. Times start at 0 and are in order. */
export const parseTrace = (text: string, random: Random): readonly Arrival[] => {
  const lines = text.split('\n').map((line) => line.trimEnd())
  const arrivals = lines[0]?.startsWith('{') ? parseMooncake(lines, random) : parseAzure(lines)
  if (arrivals.length === 0) throw new TraceError(1, lines[0] ?? '', 'at least one request')
  const sorted = [...arrivals].sort((a, b) => a.atMs - b.atMs)
  const startMs = sorted[0]?.atMs ?? 0
  return sorted.map((arrival) => ({ ...arrival, atMs: arrival.atMs - startMs }))
}

const azureHeader = 'TIMESTAMP,ContextTokens,GeneratedTokens'
const azureLine = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d(?:\.\d+)?)(?:\+00:00)?,(\d+),(\d+)$/

/** `TIMESTAMP,ContextTokens,GeneratedTokens` with UTC times such as `2023-11-16 18:15:46.6805900`. */
export const parseAzure = (lines: readonly string[]): readonly Arrival[] => {
  if (lines[0] !== azureHeader) throw new TraceError(1, lines[0] ?? '', azureHeader)
  return lines.flatMap((line, index) => {
    if (index === 0 || line === '') return []
    const match = azureLine.exec(line)
    if (match === null) throw new TraceError(index + 1, line, 'YYYY-MM-DD HH:MM:SS.fffffff,input,output')
    const [year, month, day, hour, minute, second, input, output] = match.slice(1).map(Number) as [
      number, number, number, number, number, number, number, number,
    ]
    const atMs = Date.UTC(year, month - 1, day, hour, minute) + second * 1000
    return [{ atMs, inputTokens: Math.max(1, input), cachedTokens: 0, outputTokens: Math.max(1, output) }]
  })
}

/** Mooncake's timestamps are quantised to 3 s: arrivals are spread inside their interval. */
const mooncakeIntervalMs = 3_000
/** Prompt tokens per entry of `hash_ids`. */
const mooncakeBlockTokens = 512

/**
 * `{"timestamp": ms, "input_length": …, "output_length": …, "hash_ids": […]}` per line. Leading blocks that an earlier
 * request already brought count as cached, as with an unbounded prefix cache; at least one block is computed.
 */
export const parseMooncake = (lines: readonly string[], random: Random): readonly Arrival[] => {
  const seen = new Set<number>()
  return lines.flatMap((line, index) => {
    if (line === '') return []
    const request = readMooncakeLine(line, index + 1)
    const known = request.hash_ids.findIndex((block) => !seen.has(block))
    for (const block of request.hash_ids) seen.add(block)
    const cachedBlocks = known === -1 ? request.hash_ids.length : known
    return [
      {
        atMs: request.timestamp + random.next() * mooncakeIntervalMs,
        inputTokens: Math.max(1, request.input_length),
        cachedTokens: Math.max(0, Math.min(cachedBlocks * mooncakeBlockTokens, request.input_length - mooncakeBlockTokens)),
        outputTokens: Math.max(1, request.output_length),
      },
    ]
  })
}

type MooncakeLine = { readonly timestamp: number; readonly input_length: number; readonly output_length: number; readonly hash_ids: readonly number[] }

const readMooncakeLine = (line: string, number: number): MooncakeLine => {
  const fault = new TraceError(number, line, '{"timestamp": ms, "input_length": tokens, "output_length": tokens}')
  let value: Partial<MooncakeLine> | null
  try {
    value = JSON.parse(line) as Partial<MooncakeLine> | null
  } catch {
    throw fault
  }
  const { timestamp, input_length, output_length, hash_ids } = value ?? {}
  if (!isCount(timestamp) || !isCount(input_length) || !isCount(output_length)) throw fault
  return { timestamp, input_length, output_length, hash_ids: Array.isArray(hash_ids) ? hash_ids : [] }
}

const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0

/**
 * More load of the same shape: `factor` copies, each shifted in time around the whole trace by a share of its length
 * (so bursts do not pile up), and the fraction of a copy by thinning.
 */
export const superpose = (arrivals: readonly Arrival[], factor: number, random: Random): readonly Arrival[] => {
  const durationMs = (arrivals.at(-1)?.atMs ?? 0) + 1
  const copies = Math.ceil(factor)
  const all = Array.from({ length: copies }, (_, copy) => {
    const kept = copy < Math.floor(factor) ? 1 : factor - Math.floor(factor)
    const shiftMs = copy === 0 ? 0 : shiftOf(copy, durationMs)
    return arrivals.flatMap((arrival) => {
      if (kept < 1 && random.next() >= kept) return []
      return [{ ...arrival, atMs: (arrival.atMs + shiftMs) % durationMs }]
    })
  })
  return all.flat().sort((a, b) => a.atMs - b.atMs)
}

/** Copies are shifted by up to 2 minutes each way: the shape of the day stays, single bursts do not coincide. */
const shiftOf = (copy: number, durationMs: number): number => {
  const shiftMs = ((copy * 7_919) % 240_000) - 120_000
  return shiftMs < 0 ? durationMs + shiftMs : shiftMs
}
