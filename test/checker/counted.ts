/** How much of each kind a run held: "0 violations" of a run that did nothing says nothing (docs/invariants.md, V1 and V2). */
import type { Counted } from './evidence.ts'
import type { View } from './view.ts'

export const count = (view: View): Counted => {
  const { evidence } = view
  const decisions = [...view.decisions.values()].map(({ record }) => record)
  const holds = [...view.services.values()].flatMap(({ holds: all }) => all.map(({ record }) => record))
  const facts = [...view.facts.values()].flat()
  const kinds = (kind: string): number => decisions.filter((decision) => decision.kind === kind).length
  const ends = (type: string): number => facts.filter((fact) => fact.type === type).length
  return {
    decisions: decisions.length,
    scaleOuts: kinds('scale-out'),
    scaleIns: kinds('scale-in'),
    rebalances: kinds('rebalance'),
    holds: holds.length,
    intents: view.intents.size,
    commits: ends('RolloutCommitted'),
    rollbacks: ends('RolloutRolledBack'),
    stuck: ends('RolloutStuck'),
    effects: view.writes.length,
    vetoes: tally([...holds.map(({ reason }) => reason), ...decisions.flatMap(({ limits }) => limits.map(({ limit }) => `limit ${limit}`))]),
    faults: sum(evidence.nemesis.map(({ fault, hits }) => [fault, hits])),
    records: Object.values(evidence.topics).reduce((all, records) => all + records.length, 0),
  }
}

const tally = (words: readonly string[]): { readonly [word: string]: number } => sum(words.map((word) => [word, 1]))

const sum = (pairs: readonly (readonly [string, number])[]): { readonly [word: string]: number } => {
  const found = new Map<string, number>()
  for (const [word, number] of pairs) found.set(word, (found.get(word) ?? 0) + number)
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)))
}
