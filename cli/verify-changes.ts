/** Change logs of sub-clusters: one JSON object a line, from a file, from an address, or from the emulator of the fleet. */
import { readFile } from 'node:fs/promises'
import type { ChangeLine } from '../core/audit/verify/effects.ts'
import { CliError, exitCodes } from './exit-codes.ts'

/** The whole log of a day is some megabytes. */
const deadlineMs = 30_000

/** In the order of their time. Throws CliError `unavailable` when a source does not answer, `usage` when it is no change log. */
export const readChanges = async (sources: readonly string[]): Promise<readonly ChangeLine[]> => {
  const logs = await Promise.all(sources.map(async (source) => linesOf(source, await textOf(source))))
  return logs.flat().sort((a, b) => a.time - b.time)
}

const textOf = async (source: string): Promise<string> => {
  try {
    if (!/^https?:\/\//.test(source)) return await readFile(source, 'utf8')
    const response = await fetch(addressOf(source), { signal: AbortSignal.timeout(deadlineMs) })
    if (response.ok) return await response.text()
    throw new Error(`HTTP ${response.status}`)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new CliError(exitCodes.unavailable, `E_CHANGES ${source}: got ${why}; allowed: a file or an address of a change log; nothing was verified`)
  }
}

/** The emulator keeps its log at /changes; an address with a path of its own is taken as it is. */
const addressOf = (source: string): string => (new URL(source).pathname === '/' ? `${source.replace(/\/+$/, '')}/changes` : source)

const linesOf = (source: string, text: string): readonly ChangeLine[] =>
  text.split('\n').flatMap((line, index) => (line.trim() === '' ? [] : [lineOf(line, `${source}:${index + 1}`)]))

const kinds: readonly string[] = ['written', 'refused', 'barred', 'gate', 'phase', 'fault']

const lineOf = (line: string, where: string): ChangeLine => {
  const parsed = parse(line)
  if (isChange(parsed)) return parsed
  throw new CliError(exitCodes.usage, `E_CHANGES ${where}: got ${line.slice(0, 80)}; allowed: JSON lines of kind ${kinds.join(', ')}; nothing was verified`)
}

const parse = (line: string): unknown => {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}

const isChange = (value: unknown): value is ChangeLine => {
  const { kind, time, key, countsBefore, countsAfter, targetBefore, targetAfter } = (value ?? {}) as { readonly [field: string]: unknown }
  if (typeof kind !== 'string' || !kinds.includes(kind) || typeof time !== 'number') return false
  return kind !== 'written' || (typeof key === 'string' && [countsBefore, countsAfter, targetBefore, targetAfter].every(isCounts))
}

const isCounts = (value: unknown): boolean => {
  const { prefill, decode } = (value ?? {}) as { readonly [field: string]: unknown }
  return typeof prefill === 'number' && typeof decode === 'number'
}
