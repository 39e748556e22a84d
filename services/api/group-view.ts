/** Deployment groups as their sub-clusters last reported them. */
import type { InstancesObserved } from '../../core/events/observed.ts'
import type { GroupAnswer, RolloutAnswer, RolloutState } from './answers.ts'
import type { ReadModel } from './read-model.ts'
import { rolloutsOf } from './rollout-view.ts'

/** All groups of a service, or of all services when it is null, in order of their names. */
export const groupAnswers = (model: ReadModel, service: string | null): readonly GroupAnswer[] => {
  const services = service === null ? [...model.instances.keys()] : [service]
  return services
    .flatMap((name) => groupsOfService(model, name))
    .sort((a, b) => (a.group < b.group ? -1 : a.group > b.group ? 1 : 0))
}

const groupsOfService = (model: ReadModel, service: string): readonly GroupAnswer[] => {
  const states = lastRolloutStates(model, service)
  return [...(model.instances.get(service)?.values() ?? [])].flatMap((observed) => groupsObserved(observed, states))
}

const groupsObserved = (observed: InstancesObserved, states: ReadonlyMap<string, RolloutState>): readonly GroupAnswer[] =>
  observed.groups.map((group) => ({
    group: group.group,
    service: observed.service,
    subCluster: observed.subCluster,
    domain: group.domain,
    sequence: group.sequence,
    roles: {
      prefill: group.roles.find((role) => role.role === 'prefill') ?? null,
      decode: group.roles.find((role) => role.role === 'decode') ?? null,
    },
    observedAt: observed.observedAt,
    rollout: states.get(group.group) ?? null,
  }))

const lastRolloutStates = (model: ReadModel, service: string): ReadonlyMap<string, RolloutState> =>
  new Map(serviceRollouts(model, service).map((rollout) => [rollout.group, rollout.state]))

/** Rollouts of a service, or of all services when it is null, oldest first. */
export const serviceRollouts = (model: ReadModel, service: string | null): readonly RolloutAnswer[] =>
  model.facts
    .values()
    .flatMap((facts) => [...facts.values()].slice(0, 1))
    .filter((fact) => service === null || fact.service === service)
    .flatMap((fact) => rolloutsOf(model, fact.intentId))
    .sort((a, b) => a.startedAt - b.startedAt)
