/**
 * S5, the P/D band (DESIGN section 5 rule 4, which replaces the formula of docs/invariants.md): `lo·D − max(1, lo) ≤ P ≤ hi·D + max(1, hi)`
 * per group, with one more slack per further group of a service.
 * a) specification, at every write: in band of the intent that writes. Where a changed band or a foreign hand left the group outside, a
 *    write may not lead further out; an undo may lead back to what stood before the write that it takes back.
 * b) registered, at every line, followed here from gates and phases: no line leaves the band but the loss of an instance, and after a loss
 *    every other line leads back or stays. The loss must be made good within `regainMs`.
 * c) an order: its target is in band with the slack of the groups that the service had, or no further out than where it starts.
 */
import type { Band, Counts, Role, Violation } from './evidence.ts'
import { excess } from './band.ts'
import { adoptedCounts, isNothing, isUndo, lineAt, placeOf, showCounts, skewMs, type GroupView, type PlacedLine, type View, type Write } from './view.ts'

/** A start-up, which takes half a minute, with retries and a queue for hardware, from the return of the last lost node on. */
const regainMs = 10 * 60_000

export const registeredBand = (view: View): readonly Violation[] => [
  ...[...view.groups.values()].flatMap((group) => [...specified(view, group), ...registered(view, group)]),
  ...ordered(view),
]

const bandOf = (view: View, write: Write): Band => view.intents.get(write.intentId)?.record.band ?? write.line.band

const specified = (view: View, { writes }: GroupView): readonly Violation[] => {
  const before = new Map(writes.map(({ line }) => [line.key, line.countsBefore]))
  return writes.flatMap((write): Violation[] => {
    const { line } = write
    const band = bandOf(view, write)
    const allowed = Math.max(excess(line.countsBefore, band), isUndo(write) ? excess(before.get(line.undoes ?? '') ?? line.countsBefore, band) : 0)
    if (excess(line.countsAfter, band) <= allowed) return []
    return [{ invariant: 'S5', service: line.service, detail: `${line.key} specified ${showCounts(line.countsAfter)}, outside of ${show(band)}`, at: lineAt(write) }]
  })
}

type Serving = { readonly [role in Role]: Set<string> }

const registered = (view: View, group: GroupView): readonly Violation[] => {
  const serving: Serving = { prefill: new Set(), decode: new Set() }
  const violations: Violation[] = []
  const violate = (at: string, detail: string): void => void violations.push({ invariant: 'S5', service: group.service, detail: `group ${group.group}: ${detail}`, at })
  let now: Counts = { prefill: 0, decode: 0 }
  let outSinceMs: number | null = null
  let band: Band | null = null
  for (const placed of group.lines) {
    const next = after(serving, placed)
    if (next === null) continue
    const { line } = placed
    // A changed band takes effect with a write: what is out of it from then on was not led there.
    band = placed.line.kind === 'barred' || placed.line.kind === 'refused' || placed.line.kind === 'fault' ? band : placed.line.band
    if (band === null) continue
    const isLoss = line.kind === 'phase' && line.phase === 'failed'
    if (!isLoss && excess(next, band) > excess(now, band)) violate(lineAt(placed), `${showCounts(now)} became ${showCounts(next)} registered, outside of ${show(band)}, by ${line.kind}`)
    now = next
    if (excess(now, band) === 0) outSinceMs = null
    else outSinceMs = Math.max(outSinceMs ?? line.time, lossBefore(view, group, line.time))
    if (outSinceMs !== null && line.time - outSinceMs > regainMs) {
      violate(lineAt(placed), `${showCounts(now)} registered is outside of ${show(band)} for ${line.time - outSinceMs} ms`)
      outSinceMs = line.time
    }
  }
  if (outSinceMs !== null && view.run.toMs - outSinceMs > regainMs) violate(`${group.subCluster}@end`, `${showCounts(now)} registered is outside of its band since ${outSinceMs}`)
  return violations
}

/**
 * While a node of its sub-cluster is lost there may be no room to make the loss good, and an instance whose start-up never ends stands in the
 * place of the one that would: until then the time does not run. What hangs is found to have failed at the heal, and not before.
 */
const lossBefore = ({ evidence, run }: View, { subCluster }: GroupView, time: number): number =>
  evidence.nemesis.reduce((last, { fault, target, fromMs, toMs }) => {
    if (fromMs > time || (target !== subCluster && !target.startsWith(`${subCluster}/`))) return last
    if (fault === 'node-loss') return Math.max(last, Math.min(time, toMs))
    return fault === 'start-up-never-ends' ? Math.max(last, Math.min(time, run.healedAtMs)) : last
  }, -Infinity)

/** Counts that receive traffic after the line; null when it says nothing about that. A write takes its victims with it at once. */
const after = (serving: Serving, { line }: PlacedLine): Counts | null => {
  switch (line.kind) {
    case 'gate':
      if (line.registered) serving[line.role].add(line.instance)
      else serving[line.role].delete(line.instance)
      return countsOf(serving)
    case 'phase':
      if (line.phase !== 'failed' && line.phase !== 'terminating' && line.phase !== 'gone') return null
      return serving[line.role].delete(line.instance) && line.phase === 'failed' ? countsOf(serving) : null
    case 'written':
      return line.servingAfter
    default:
      return null
  }
}

const countsOf = ({ prefill, decode }: Serving): Counts => ({ prefill: prefill.size, decode: decode.size })

const ordered = (view: View): readonly Violation[] =>
  [...view.intents.values()].flatMap((intent): Violation[] => {
    const { record } = intent
    const groups = groupsOf(view, record.service, record.emittedAt)
    if (excess(record.target, record.band, groups) <= excess(record.from, record.band, groups)) return []
    return [{ invariant: 'S5', service: record.service, detail: `${record.intentId} orders ${showCounts(record.target)}, outside of ${show(record.band)} for ${groups} groups`, at: placeOf(intent) }]
  })

/** Groups that held instances when the order was given, or shortly before: sub-clusters restate them every few seconds. */
const groupsOf = (view: View, service: string, emittedAt: number): number => {
  const fromMs = emittedAt - observedWithinMs * Math.max(1, view.run.speed ?? 1)
  const standing = [...view.groups.values()].filter((group) => group.service === service && holdsAnything(group, { fromMs, toMs: emittedAt + skewMs(view) }))
  return Math.max(1, standing.length)
}

const observedWithinMs = 60_000

const holdsAnything = (group: GroupView, { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): boolean => {
  const before = group.writes.findLast(({ line }) => line.time <= fromMs)?.line.countsAfter ?? adoptedCounts(group)
  return !isNothing(before) || group.writes.some(({ line }) => line.time > fromMs && line.time <= toMs && !isNothing(line.countsAfter))
}

const show = ({ lo, hi }: Band): string => `${lo} to ${hi}`
