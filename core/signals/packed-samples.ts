/**
 * Samples as rows of numbers, for records: what a decision rests on is mostly samples, and with field names each takes 110
 * bytes instead of 30.
 */
import type { Role } from '../roles.ts'
import type { EpochMs } from '../units.ts'
import { mapEach, signalNames } from './sample.ts'
import type { OwnHistory, Sample, SignalHistory, SignalName } from './sample.ts'

/** [window's end − origin, window's length, value, requests, heard, registered]; times in ms. */
type Row = readonly [number, number, number | null, number | null, number, number]
type PackedSeries = readonly [source: string, role: Role, rows: readonly Row[]]

/** `originMs`: times are told from here, which saves ten digits a sample. */
export type PackedSamples = { readonly originMs: EpochMs; readonly series: { readonly [signal in SignalName]?: readonly PackedSeries[] } }

/** Signals that nobody measures are left out. */
export const packSamples = (history: SignalHistory, originMs: EpochMs): PackedSamples => {
  const series: { [signal in SignalName]?: readonly PackedSeries[] } = {}
  for (const signal of signalNames)
    if (history[signal].length > 0) series[signal] = history[signal].map(({ source, role, samples }) => [source, role, samples.map((one) => rowOf(one, originMs))])
  return { originMs, series }
}

const rowOf = ({ startMs, endMs, value, requests, heard, registered }: Sample, originMs: EpochMs): Row => [
  endMs - originMs,
  endMs - startMs,
  value,
  requests,
  heard,
  registered,
]

/** The history that was packed: equal in every field, in the order of fields that fresh histories have. */
export const unpackSamples = ({ originMs, series }: PackedSamples): OwnHistory =>
  mapEach((signal) => (series[signal] ?? []).map(([source, role, rows]) => ({ source, role, samples: rows.map((row) => sampleOf(row, originMs)) })))

const sampleOf = ([end, length, value, requests, heard, registered]: Row, originMs: EpochMs): Sample => ({
  startMs: originMs + end - length,
  endMs: originMs + end,
  value,
  requests,
  heard,
  registered,
})
