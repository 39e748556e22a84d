/**
 * How much world a history has, and how long it lasts. What a history costs grows with its services and its minutes, and most bugs need few of
 * both: so seven seeds of eight make a small world, in which faults strike twice as densely and the load turns twice as fast. Every eighth makes a
 * large one, for what needs many services at once or the better part of an hour: long outages, what is forgotten after a while, windows and workflows that
 * outlast their first life.
 */
import type { CellId, ServiceId, SubClusterId } from '../../core/ids.ts'
import type { DurationMs } from '../../core/units.ts'
import { createRandom } from '../prng.ts'

export type Size = {
  readonly services: readonly (readonly [service: ServiceId, cell: CellId])[]
  readonly cells: readonly (readonly [subCluster: SubClusterId, cell: CellId])[]
  readonly partitions: number
  readonly healsAfterMs: DurationMs
  readonly lastsMs: DurationMs
  /** Longest way back after the last fault: a deadline of a rollout, its undo, cooldowns, a stabilisation window. */
  readonly convergeMs: DurationMs
  readonly faults: Span
  /** Of the waves of load. */
  readonly periodMinutes: Span
}

/** From `least` on, up to `spread` more. */
export type Span = { readonly least: number; readonly spread: number }

export const sizeNames = ['large', 'small'] as const
export type SizeName = (typeof sizeNames)[number]

const minute = 60_000

const large: Size = {
  services: [['chat', 'cell-a'], ['code', 'cell-a'], ['search', 'cell-a'], ['draft', 'cell-b'], ['voice', 'cell-b']],
  cells: [['sub-a', 'cell-a'], ['sub-b', 'cell-a'], ['sub-c', 'cell-b']],
  partitions: 3,
  healsAfterMs: 40 * minute,
  lastsMs: 62 * minute,
  convergeMs: 15 * minute,
  faults: { least: 4, spread: 9 },
  periodMinutes: { least: 15, spread: 25 },
}

type Places = Pick<Size, 'services' | 'cells'>

/** One of them: services that meet in a cell of two sub-clusters, one more of them for less room, and two cells. */
const smallPlaces: readonly [Places, ...Places[]] = [
  { services: [['chat', 'cell-a'], ['search', 'cell-a']], cells: [['sub-a', 'cell-a'], ['sub-b', 'cell-a']] },
  { services: [['chat', 'cell-a'], ['search', 'cell-a'], ['voice', 'cell-a']], cells: [['sub-a', 'cell-a'], ['sub-b', 'cell-a']] },
  { services: [['chat', 'cell-a'], ['search', 'cell-a'], ['voice', 'cell-b']], cells: [['sub-a', 'cell-a'], ['sub-b', 'cell-b']] },
]

const small = (seed: number): Size => ({
  ...(smallPlaces[Math.floor(createRandom(`${seed}/size`).next() * smallPlaces.length)] ?? smallPlaces[0]),
  partitions: 2,
  healsAfterMs: 17 * minute,
  lastsMs: 28 * minute,
  convergeMs: 10 * minute,
  faults: { least: 4, spread: 6 },
  periodMinutes: { least: 8, spread: 12 },
})

const drawn = (seed: number): SizeName => (seed % 8 === 0 ? 'large' : 'small')

/** `name`: null leaves it to the seed. */
export const sizeOf = (seed: number, name: SizeName | null): Size => ((name ?? drawn(seed)) === 'large' ? large : small(seed))
