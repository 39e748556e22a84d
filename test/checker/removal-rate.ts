/**
 * S7, removal rate (docs/invariants.md): ∀ service, role, window w of a policy: Σ removed(w) ≤ max(1, ⌊β·size(start of w)⌋), for the most generous of
 * the policies of `behavior.scaleDown` in force (HPA: selectPolicy Max).
 * b) addition rate: likewise with `scaleUp`, rounded up, for the orders of one version of the deciding code (another one knows none of them); what is
 *    below the minimum does not wait for a rate.
 * And in the change logs: the placed groups of one intent lose no more of a role than the intent orders less, so that what was bounded
 * when it was decided is bounded when it is done.
 * Weaker than the reference: no budget of the fleet and no freeze by unhealthy nodes, since nothing configures them yet; effects are
 * compared with their order and not with a window of their own, since rollouts of one window may end in the next.
 */
import type { Counts, Role, Violation } from './evidence.ts'
import type { ScaleDecided } from './records.ts'
import type { RatePolicy, Spec } from './spec.ts'
import { configurationAt, placeOf, roles, showCounts, type Entry, type ServiceView, type View } from './view.ts'

export const removalRate = (view: View): readonly Violation[] => [
  ...[...view.services.values()].flatMap((service) => service.decisions.flatMap((_, index) => ofDecision(service, index))),
  ...[...view.intents.values()].flatMap((intent) => ofPlacement(view, intent.record)),
]

const ofDecision = (service: ServiceView, index: number): readonly Violation[] => {
  const decision = service.decisions[index] as Entry<ScaleDecided>
  const spec = configurationAt(service, decision.record.inputs.tickOffset)?.spec
  if (spec === undefined) return []
  const earlier = service.decisions.slice(Math.max(0, index - 200), index).map(({ record }) => record)
  const own = earlier.filter(({ coreHash }) => coreHash === decision.record.coreHash)
  return roles.flatMap((role): Violation[] => {
    const isGrowth = decision.record.to[role] > decision.record.from[role]
    const detail = tooFast(decision.record, isGrowth ? own : earlier, { role, spec })
    return detail === null ? [] : [{ invariant: 'S7', service: service.service, detail: `${decision.record.decisionId} ${detail}`, at: placeOf(decision) }]
  })
}

type Subject = { readonly role: Role; readonly spec: Spec }

const tooFast = (decision: ScaleDecided, earlier: readonly ScaleDecided[], { role, spec }: Subject): string | null => {
  const moved = decision.to[role] - decision.from[role]
  if (moved === 0) return null
  const isUrgent = moved > 0 && decision.to[role] <= spec.minimum[role]
  const policies = moved < 0 ? spec.behavior.scaleDown.policies : spec.behavior.scaleUp.policies
  if (isUrgent || policies.some((policy) => isWithin(policy, decision, { earlier, role }))) return null
  return `takes ${role} from ${decision.from[role]} to ${decision.to[role]}, faster than every policy of ${moved < 0 ? 'scaleDown' : 'scaleUp'} allows`
}

type History = { readonly earlier: readonly ScaleDecided[]; readonly role: Role }

const isWithin = (policy: RatePolicy, { time, from, to }: ScaleDecided, { earlier, role }: History): boolean => {
  const window = earlier.filter((one) => one.time > time - policy.periodSeconds * 1_000).map((one) => one.to[role] - one.from[role])
  const grown = window.reduce((sum, one) => sum + Math.max(0, one), 0)
  const removed = window.reduce((sum, one) => sum + Math.max(0, -one), 0)
  const moved = to[role] - from[role]
  const atStart = Math.max(0, from[role] - grown + removed)
  return moved < 0 ? removed - moved <= limitOf(policy, atStart, 'down') : grown + moved <= limitOf(policy, atStart, 'up')
}

const limitOf = ({ type, value }: RatePolicy, atStart: number, direction: 'up' | 'down'): number => {
  if (type === 'Instances') return value
  const share = (atStart * value) / 100
  return direction === 'up' ? Math.ceil(share - 1e-6) : Math.max(1, Math.floor(share + 1e-6))
}

const ofPlacement = (view: View, { intentId, service, from, target }: { readonly intentId: string; readonly service: string; readonly from: Counts; readonly target: Counts }): readonly Violation[] =>
  [...view.cells.values()].flatMap((cell) =>
    (cell.answers.get(intentId)?.slice(0, 1) ?? []).flatMap(({ groups, offset }) =>
      roles.flatMap((role): Violation[] => {
        const net = groups.reduce((sum, group) => sum + group.to[role] - group.from[role], 0)
        const ordered = Math.min(0, target[role] - from[role])
        if (net >= ordered) return []
        return [{ invariant: 'S7', service, detail: `${intentId} orders ${showCounts(from)} to ${showCounts(target)}; its placement takes ${-net} ${role} away`, at: `cells@${offset}` }]
      }),
    ),
  )
