/** Consumer groups of the orchestrator. Two fleets may share brokers, so the names carry the fleet's topic prefix. */

export type ConsumerGroups = { readonly intents: string; readonly cells: string }

export const consumerGroups = (topicPrefix: string): ConsumerGroups => ({
  intents: `${topicPrefix}-orchestrator`,
  cells: `${topicPrefix}-placer`,
})
