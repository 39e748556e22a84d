/** Runs a seed and judges it: by the simulation's own invariants, and by the independent checker where there is one. */
import { join } from 'node:path'
import { createEncoder } from '../../adapters/kafka/codec.ts'
import { loadRegistry } from '../../adapters/kafka/registry.ts'
import type { LogRecord } from '../../core/ports.ts'
import { encodeEvidence } from '../../simulator/control-plane/evidence.ts'
import { runHistory, type History, type HistoryOptions } from '../../simulator/control-plane/history.ts'
import type { Violation } from '../../simulator/control-plane/invariants/violation.ts'
import { summarise, type Summary } from '../../simulator/control-plane/summary.ts'
import { independentCheck, type Counted } from './checker.ts'
import type { HistoryChoice } from './options.ts'
import { pump } from './pump.ts'

/** `cpuMs`: what running and judging it cost this process. `outside`: what the independent checker counted; null when it was not asked. */
export type JudgedSummary = Summary & { readonly cpuMs: number; readonly checkMs: number; readonly outside: Counted | null }
export type Judged = { readonly history: History; readonly summary: JudgedSummary }

export const judge = async (seed: number, choice: HistoryChoice, narrator?: HistoryOptions['narrator']): Promise<Judged> => {
  const began = process.cpuUsage()
  const history = await runHistory({ seed, pump, ...choice, ...(narrator === undefined ? {} : { narrator }) })
  const ran = process.cpuUsage(began)
  const outside = choice.ownOnly === true ? null : fromOutside(history)
  const summary = summarise(history, outside?.violations)
  const all = process.cpuUsage(began)
  return { history, summary: { ...summary, cpuMs: millis(all), checkMs: millis(all) - millis(ran), outside: outside?.counted ?? null } }
}

const millis = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1000

/** Only where there is a checker to read the bytes: to compile the schemas costs a start more than a history. */
let encoder: ReturnType<typeof createEncoder> | null = null
const encode = ({ event }: LogRecord): Uint8Array | null => {
  encoder ??= createEncoder(loadRegistry(join(process.cwd(), 'schemas')))
  return event === null ? null : encoder(event)
}

type Outside = { readonly violations: readonly Violation[]; readonly counted: Counted }

const fromOutside = ({ evidence }: History): Outside | null => {
  if (independentCheck === null) return null
  const { violations, counted } = independentCheck(encodeEvidence(evidence, encode))
  const told = violations.map(({ invariant, service, detail, at }) => ({ invariant, service, detail: `${detail} [${at}]`, atMs: evidence.run.toMs }))
  return { violations: told, counted }
}
