/**
 * S2, no orphan effect (docs/invariants.md): ∀ effect k: ∃ intent i with i.id = k.intent, and the step was scheduled for this group before k.
 * There are no signatures and no Temporal histories among the evidence; in place of `ActivityTaskScheduled` stands the placement in a
 * valid record of the cell: it names the group, its sub-cluster, and what each step writes (grow to the larger of both, registration to the
 * target, shrink to the target). An intent without its decision is an orphan too, and so is an instance that ends without a write.
 */
import type { Violation } from './evidence.ts'
import type { ScaleIntentEmitted } from './records.ts'
import { lineAt, most, placementOf, placeOf, sameCounts, showCounts, skewMs, type Entry, type View, type Write } from './view.ts'

export const orderedEffects = (view: View): readonly Violation[] => [
  ...view.writes.flatMap((write) => faultsOf(view, write).map((detail) => ({ invariant: 'S2', service: write.line.service, detail, at: lineAt(write) }))),
  ...[...view.intents.values()].flatMap((intent) => withoutDecision(view, intent)),
  ...unorderedEnds(view),
]

const faultsOf = (view: View, write: Write): readonly string[] => {
  const { line, intentId, step } = write
  const intent = view.intents.get(intentId)
  if (intent === undefined) return [`${line.key || '(no key)'} wrote ${showCounts(line.countsAfter)}: no such intent is on record`]
  const { service, sequence, emittedAt } = intent.record
  const faults: string[] = []
  if (line.service !== service || line.sequence !== sequence) faults.push(`${line.key} wrote as ${line.service} ${line.sequence}; its intent says ${service} ${sequence}`)
  if (line.time < emittedAt - skewMs(view)) faults.push(`${line.key} took effect ${emittedAt - line.time} ms before its intent was emitted`)
  return [...faults, ...againstPlan(view, write, step)]
}

const againstPlan = (view: View, write: Write, step: string): readonly string[] => {
  const { line, subCluster } = write
  const plan = placementOf(view, { intentId: write.intentId, group: line.group })
  if (plan === null) return [`${line.key}: no valid placement of the intent names group ${line.group}`]
  if (plan.subCluster !== subCluster) return [`${line.key}: the group was placed in ${plan.subCluster}`]
  if (line.undoes !== null) return line.key === `${line.undoes.slice(0, -stepOf(line.undoes).length)}undo/${stepOf(line.undoes)}` ? [] : [`${line.key}: it takes back ${line.undoes}, which is not its step`]
  const ordered = { grow: most(plan.from, plan.to), register: plan.to, shrink: plan.to }[step]
  if (ordered === undefined) return [`${line.key}: ${step} is no step with an effect`]
  const written = step === 'register' ? line.targetAfter : line.countsAfter
  return sameCounts(written, ordered) ? [] : [`${line.key} wrote ${showCounts(written)}; the placement orders ${showCounts(ordered)}`]
}

const stepOf = (key: string): string => key.slice(key.lastIndexOf('/') + 1)

/** Every order is a decision's, and says what the decision says. */
const withoutDecision = (view: View, intent: Entry<ScaleIntentEmitted>): readonly Violation[] => {
  const { intentId, decisionId, service, sequence, from, target } = intent.record
  const decision = view.decisions.get(decisionId)?.record
  const agrees = decision !== undefined && decision.service === service && decision.sequence === sequence && sameCounts(decision.from, from) && sameCounts(decision.to, target)
  if (agrees && intentId === `i-${decisionId}`) return []
  const detail = decision === undefined ? `intent ${intentId} of no decision on record` : `intent ${intentId} orders ${showCounts(from)} to ${showCounts(target)}; its decision says ${showCounts(decision.from)} to ${showCounts(decision.to)}`
  return [{ invariant: 'S2', service, detail, at: placeOf(intent) }]
}

/** Instances are ended by writes only; what a node loss ends is `failed`. */
const unorderedEnds = (view: View): readonly Violation[] => {
  const keys = new Set(view.writes.map(({ line }) => line.key))
  return [...view.groups.values()].flatMap(({ lines }) =>
    lines.flatMap((placed): Violation[] => {
      const { line } = placed
      if (line.kind !== 'phase' || line.phase !== 'terminating' || keys.has(line.cause)) return []
      return [{ invariant: 'S2', service: line.service, detail: `instance ${line.instance} was ended by ${line.cause}, which is no write`, at: lineAt(placed) }]
    }),
  )
}
