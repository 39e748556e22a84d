/**
 * How fast a history goes. What one costs grows with its records, and three of four are measurements and ticks: in a steady world collectors and
 * deciders look a third as often, every window of its services is three times as long, and the load turns a third as fast. So an hour with its
 * five services costs a third, and the faults fall as densely on what is done. Every thirty-second seed goes at the brisk pace, for what needs
 * many rollouts, or windows that are short beside an outage.
 */
import type { DurationMs } from '../../core/units.ts'

export type Tempo = {
  readonly tickMs: DurationMs
  readonly scrapeMs: DurationMs
  /** Inventories without news are told so often. */
  readonly inventoryMs: DurationMs
  /** Every window, cooldown and period of a service is so many times what it is at the brisk pace. */
  readonly slowness: number
  /** Of the waves of load. */
  readonly periodMinutes: Span
}

/** From `least` on, up to `spread` more. */
type Span = { readonly least: number; readonly spread: number }

/** `tickMs`: 10 s instead of the product's 1 s: a tenth of the records, and every rule still sees several ticks in its windows. */
const tempos = {
  brisk: { tickMs: 10_000, scrapeMs: 30_000, inventoryMs: 120_000, slowness: 1, periodMinutes: { least: 15, spread: 25 } },
  steady: { tickMs: 30_000, scrapeMs: 90_000, inventoryMs: 180_000, slowness: 3, periodMinutes: { least: 45, spread: 75 } },
} satisfies { readonly [name: string]: Tempo }

export type TempoName = keyof typeof tempos
export const tempoNames = Object.keys(tempos) as readonly TempoName[]

const drawn = (seed: number): TempoName => (seed % 32 === 0 ? 'brisk' : 'steady')

/** `name`: null leaves it to the seed. */
export const tempoOf = (seed: number, name: TempoName | null): Tempo => tempos[name ?? drawn(seed)]
