/** What was last said of each S2 domain: decides which inventories are news, and which domains have disappeared. */
import { canonicalJson } from '../../core/canonical.ts'
import type { InventoryObserved } from '../../core/events/observed.ts'
import type { EpochMs } from '../../core/units.ts'
import { inventoriesObserved, inventoryOfGone, type ClusterView } from './observations.ts'

export type InventoryMemory = {
  /** Inventories to append now. None of an incomplete look: what it leaves out would read as free GPUs. */
  news(view: ClusterView): readonly InventoryObserved[]
}

/** How often a domain without nodes is said to be empty, the first time included; then it is forgotten. */
const timesToldGone = 10

type Said = { readonly record: InventoryObserved; readonly content: string; readonly timesGone: number }

/**
 * Inventory goes out when it changed and when the last statement of it grew older than `intervalMs`. A domain whose
 * nodes are all gone is stated too, without nodes: else its GPUs would stay free for ever in who reads.
 */
export const createInventoryMemory = (intervalMs: number): InventoryMemory => {
  const said = new Map<string, Said>()

  const isNews = (record: InventoryObserved, content: string): boolean => {
    const before = said.get(record.s2)
    return before?.content !== content || record.observedAt - saidAt(before) >= intervalMs
  }

  const goneFrom = (present: readonly InventoryObserved[]): readonly Said[] => {
    const names = new Set(present.map(({ s2 }) => s2))
    return [...said.values()].filter(({ record }) => !names.has(record.s2))
  }

  const tell = (record: InventoryObserved, timesGone: number): readonly InventoryObserved[] => {
    const content = contentOf(record)
    if (!isNews(record, content)) return []
    if (timesGone >= timesToldGone) said.delete(record.s2)
    else said.set(record.s2, { record, content, timesGone })
    return [record]
  }

  return {
    news: (view) => {
      if (!view.complete) return []
      const present = inventoriesObserved(view)
      const gone = goneFrom(present)
      return [
        ...present.flatMap((record) => tell(record, 0)),
        ...gone.flatMap(({ record, timesGone }) => tell(inventoryOfGone(view, record), timesGone + 1)),
      ]
    },
  }
}

const saidAt = ({ record }: Said): EpochMs => record.observedAt

const contentOf = (record: InventoryObserved): string => canonicalJson({ ...record, observedAt: 0 })
