/**
 * S8, bounds (docs/invariants.md): ∀ decision, role: min ≤ to ≤ max of the manifest in force at its tick, or no further out than where it starts
 * (a lowered maximum never removes without evidence). ∀ effect: the service's counts after it, over all groups, are within the intent's
 * bounds, or the effect did not lead further out; an undo leads back and is exempt.
 * b) last good: the policy of a decision is the newest manifest before its tick that was not refused, named by its hash.
 * c) no silent end: after ServiceRemoved nothing is decided for the service until it is configured again.
 */
import type { Counts, Violation } from './evidence.ts'
import type { ScaleDecided } from './records.ts'
import { adoptedCounts, configurationAt, isUndo, lineAt, placeOf, roles, showCounts, type Entry, type ServiceView, type View } from './view.ts'

export const bounds = (view: View): readonly Violation[] => [
  ...[...view.services.values()].flatMap((service) => service.decisions.flatMap((decision) => ofDecision(service, decision).map((detail) => ({ invariant: 'S8', service: service.service, detail: `${decision.record.decisionId} ${detail}`, at: placeOf(decision) })))),
  ...ofEffects(view),
]

const ofDecision = (service: ServiceView, { record }: Entry<ScaleDecided>): readonly string[] => {
  const offset = record.inputs.tickOffset
  const configured = configurationAt(service, offset)
  if (configured === null) return ['was taken under no manifest']
  const removed = service.removed.findLast((one) => one.offset < offset)
  if (removed !== undefined && removed.offset > configured.offset) return [`was taken after the service was removed at ${placeOf(removed)}`]
  const { spec, policyHash } = configured
  const outside = roles.filter((role) => furtherOut(record.from[role], record.to[role], { least: spec.minimum[role], most: spec.maximum[role] }))
  return [
    ...(record.policyHash === policyHash ? [] : [`follows policy ${record.policyHash.slice(0, 12)}; ${placeOf(configured)} says ${policyHash.slice(0, 12)}`]),
    ...outside.map((role) => `orders ${showCounts(record.to)}; ${role} may be ${spec.minimum[role]} to ${spec.maximum[role]}`),
  ]
}

type Range = { readonly least: number; readonly most: number }

const outsideOf = (count: number, { least, most }: Range): number => Math.max(0, least - count, count - most)
const furtherOut = (from: number, to: number, range: Range): boolean => outsideOf(to, range) > outsideOf(from, range)

/** Groups of one service may stand in several sub-clusters; their clocks order the effects. */
const ofEffects = (view: View): readonly Violation[] => {
  const counts = new Map<string, Map<string, Counts>>()
  const writes = [...view.writes].sort((a, b) => a.line.time - b.line.time)
  for (const [name, group] of view.groups) {
    const groups = counts.get(group.service) ?? new Map<string, Counts>()
    counts.set(group.service, groups.set(name, adoptedCounts(group)))
  }
  return writes.flatMap((write): Violation[] => {
    const { line, subCluster } = write
    const groups = counts.get(line.service) as Map<string, Counts>
    const before = sum(groups)
    groups.set(`${subCluster}/${line.group}`, line.countsAfter)
    const after = sum(groups)
    const intent = view.intents.get(write.intentId)?.record
    if (intent === undefined || isUndo(write)) return []
    const outside = roles.filter((role) => furtherOut(before[role], after[role], { least: intent.minimum[role], most: intent.maximum[role] }))
    return outside.map((role) => ({ invariant: 'S8', service: line.service, detail: `${line.key} brings the service to ${showCounts(after)}; ${role} may be ${intent.minimum[role]} to ${intent.maximum[role]}`, at: lineAt(write) }))
  })
}

const sum = (groups: ReadonlyMap<string, Counts>): Counts =>
  [...groups.values()].reduce((all, one) => ({ prefill: all.prefill + one.prefill, decode: all.decode + one.decode }), { prefill: 0, decode: 0 })
