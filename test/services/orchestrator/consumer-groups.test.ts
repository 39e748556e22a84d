import { expect, it } from 'vitest'
import { createMemoryBroker } from '../../../adapters/memory/event-log.ts'
import { consumerGroups } from '../../../services/orchestrator/consumer-groups.ts'

it('two fleets on the same brokers are members of different groups, and so is each of the two consumers of one', () => {
  const [one, other] = [consumerGroups('heteroscale'), consumerGroups('staging')]
  expect(one).toEqual({ intents: 'heteroscale-orchestrator', cells: 'heteroscale-placer' })
  expect(new Set([...Object.values(one), ...Object.values(other)]).size).toBe(4)
})

it('each fleet reads all intents of the log', async () => {
  const broker = createMemoryBroker()
  const joined = ['heteroscale', 'staging'].map((prefix) => {
    const assigned = new Set<number>()
    const handler = { assigned: async (partition: number) => (assigned.add(partition), 0), batch: async () => null, revoked: () => {} }
    return { assigned, joining: broker.eventLog().join({ group: consumerGroups(prefix).intents, topic: 'intents', handler }) }
  })
  const subscriptions = await Promise.all(joined.map(({ joining }) => joining))
  expect(joined.map(({ assigned }) => assigned.size)).toEqual([4, 4])
  await Promise.all(subscriptions.map((subscription) => subscription.close()))
})
