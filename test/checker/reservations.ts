/**
 * S24, reservations (docs/invariants.md): a capacity token (a GPU of a node) has ≤ 1 holder; all tokens of a rollout are free after its end.
 *  - ∀ valid placement, node: what it and all open reservations hold there, less what their own instances already occupy, fits into what the
 *    node's newest inventory before `viewOffset` shows free;
 *  - ∀ node, moment: instances of the change log that stand on it hold at most its GPUs;
 *  - a request is answered once: a second valid answer says the same;
 *  - a rollout that ended is released within `convergeMs`, and what was placed but never began is released or still within it.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Violation } from './evidence.ts'
import type { CellRecord, CellView, Placed } from './cells.ts'
import { lineAt, type View } from './view.ts'

export const reservations = (view: View): readonly Violation[] => [
  ...[...view.cells].flatMap(([cell, records]) => [...fold(view, cell, records), ...twoAnswers(cell, records)]),
  ...occupied(view),
]

type Open = Map<string, Placed>
type Nodes = Map<string, { readonly gpus: number; readonly gpusFree: number; readonly offset: number; readonly observedAt: number }>

const fold = (view: View, cell: string, { records, placements, valid }: CellView): readonly Violation[] => {
  const open: Open = new Map()
  const nodes: Nodes = new Map()
  const violations: Violation[] = []
  const byRecord = new Map<number, Placed[]>()
  for (const placed of placements.values()) byRecord.set(placed.offset, [...(byRecord.get(placed.offset) ?? []), placed])
  for (const entry of records) {
    if (entry.type === 'InventoryObserved') noteInventory(nodes, entry)
    if (entry.type === 'ReservationReleased') open.delete(`${entry.record.requestId}/${entry.record.group}`)
    if (entry.type !== 'PlacementDecided' || !valid.has(entry.offset)) continue
    const fresh = byRecord.get(entry.offset) ?? []
    for (const placed of fresh) open.set(`${placed.requestId}/${placed.group}`, placed)
    violations.push(...overPromised(view, { cell, entry, fresh, open, nodes }))
  }
  return [...violations, ...neverReleased(view, cell, open)]
}

/** The newest `observedAt` counts. */
const noteInventory = (nodes: Nodes, { record, offset }: CellRecord & { readonly type: 'InventoryObserved' }): void => {
  for (const { node, gpus, gpusFree, schedulable } of record.nodes) {
    const known = nodes.get(node)
    if (known === undefined || known.observedAt <= record.observedAt) nodes.set(node, { gpus, gpusFree: schedulable ? gpusFree : 0, offset, observedAt: record.observedAt })
  }
}

type Cycle = { readonly cell: string; readonly entry: CellRecord & { readonly type: 'PlacementDecided' }; readonly fresh: readonly Placed[]; readonly open: Open; readonly nodes: Nodes }

const overPromised = (view: View, { cell, entry, fresh, open, nodes }: Cycle): readonly Violation[] => {
  const touched = new Set(fresh.flatMap(({ reserved }) => reserved.map(({ node }) => node)))
  return [...touched].flatMap((node): Violation[] => {
    const known = nodes.get(node)
    // An inventory that the cycle had not seen yet may show less than it was given.
    if (known === undefined || known.offset > entry.record.viewOffset) return []
    const held = [...open.values()].map((placed) => ({ placed, gpus: reservedOn(placed, node) })).filter(({ gpus }) => gpus > 0)
    const promised = held.reduce((sum, { placed, gpus }) => sum + Math.max(0, gpus - usedBy(view, placed, node, entry.record.time)), 0)
    if (promised <= known.gpusFree) return []
    const who = held.map(({ placed }) => `${placed.requestId}/${placed.group}`).join(', ')
    return [{ invariant: 'S24', service: fresh[0]?.service ?? '', detail: `${promised} GPUs of ${node} are promised to ${who}; ${known.gpusFree} are free`, at: `cells(${cell})@${entry.offset}` }]
  })
}

const reservedOn = ({ reserved }: Placed, node: string): number => reserved.reduce((sum, one) => sum + (one.node === node ? one.gpus : 0), 0)

/** GPUs that instances of the group which this rollout added hold on the node by then. */
const usedBy = (view: View, placed: Placed, node: string, time: number): number => {
  const lines = view.groups.get(`${placed.subCluster}/${placed.group}`)?.lines ?? []
  const own = new Set<string>()
  const here = new Map<string, number>()
  for (const { line } of lines) {
    if (line.time > time) break
    if (line.kind !== 'phase') continue
    if (line.phase === 'pending' && line.time >= placed.placedAtMs) own.add(line.instance)
    if (line.phase === 'gone') here.delete(line.instance)
    else if (line.node === node && own.has(line.instance)) here.set(line.instance, placed.gpusPerInstance[line.role])
  }
  return [...here.values()].reduce((sum, gpus) => sum + gpus, 0)
}

const twoAnswers = (cell: string, { answers }: CellView): readonly Violation[] =>
  [...answers].flatMap(([requestId, all]) => {
    const [first, ...others] = all
    return others.filter(({ groups }) => !isDeepStrictEqual(groups, first?.groups)).map(({ offset }) => ({ invariant: 'S24', service: '', detail: `${requestId} was placed twice, and differently`, at: `cells(${cell})@${offset}` }))
  })

const neverReleased = (view: View, cell: string, open: Open): readonly Violation[] =>
  [...open.values()].flatMap((placed): Violation[] => {
    const rollout = view.rollouts.get(`rollout/${placed.service}/${placed.requestId}/${placed.group}`)
    const end = rollout?.reports.find(({ record }) => record.outcome === 'committed' || record.outcome === 'rolled-back')
    const hasBegun = rollout !== undefined && rollout.writes.length + rollout.reports.length > 0
    const freeAt = end?.record.time ?? (hasBegun ? Infinity : expiryOf(view, placed))
    if (freeAt + view.run.convergeMs >= view.run.toMs) return []
    return [{ invariant: 'S24', service: placed.service, detail: `${placed.requestId}/${placed.group} is reserved at the end, ${view.run.toMs - freeAt} ms after ${end === undefined ? 'its intent expired' : `it was ${end.record.outcome}`}`, at: `cells(${cell})@${placed.offset}` }]
  })

const expiryOf = (view: View, { requestId }: Placed): number => view.intents.get(requestId)?.record.expiresAt ?? Infinity

/** What stands on the nodes, by the sub-clusters' own word. GPUs per instance are those of the placement, or of the manifest. */
const occupied = (view: View): readonly Violation[] =>
  Object.entries(view.evidence.subClusters).flatMap(([subCluster, lines]) => {
    const standing = new Map<string, { readonly node: string; readonly gpus: number }>()
    const held = new Map<string, number>()
    const sizes = sizesIn(view, subCluster)
    const capacity = capacities(view, subCluster)
    return lines.flatMap((line, index): Violation[] => {
      if (line.kind !== 'phase' || line.node === null) return []
      const known = standing.get(line.instance)
      if (line.phase === 'gone') {
        standing.delete(line.instance)
        if (known !== undefined) held.set(known.node, (held.get(known.node) ?? 0) - known.gpus)
        return []
      }
      if (known !== undefined) return []
      const gpus = sizes(line)[line.role]
      standing.set(line.instance, { node: line.node, gpus })
      held.set(line.node, (held.get(line.node) ?? 0) + gpus)
      const most = capacity.get(line.node) ?? Infinity
      if ((held.get(line.node) ?? 0) <= most) return []
      return [{ invariant: 'S24', service: line.service, detail: `${held.get(line.node)} GPUs are held on ${line.node}, which has ${most}`, at: lineAt({ subCluster, index }) }]
    })
  })

/** GPUs of each node, as its last inventory says. */
const capacities = (view: View, subCluster: string): ReadonlyMap<string, number> => {
  const found = new Map<string, number>()
  for (const { records } of view.cells.values())
    for (const entry of records)
      if (entry.type === 'InventoryObserved' && entry.record.subCluster === subCluster) for (const { node, gpus } of entry.record.nodes) found.set(node, gpus)
  return found
}

type Sizes = { readonly prefill: number; readonly decode: number }

const sizesIn = (view: View, subCluster: string): ((of: { readonly group: string; readonly service: string }) => Sizes) => {
  const placed = new Map([...view.cells.values()].flatMap(({ placements }) => [...placements.values()].filter((one) => one.subCluster === subCluster).map((one) => [one.group, one.gpusPerInstance] as const)))
  return ({ group, service }) => {
    const roles = view.services.get(service)?.configured.at(-1)?.spec.roles
    return placed.get(group) ?? { prefill: roles?.prefill.gpusPerInstance ?? 0, decode: roles?.decode.gpusPerInstance ?? 0 }
  }
}
