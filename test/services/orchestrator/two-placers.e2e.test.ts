/** Two placers of one cell at once on a real broker, the first of them paused: capacity for one request is promised once. */
import { randomUUID } from 'node:crypto'
import { afterEach, describe, expect, inject, it } from 'vitest'
import { createWorldClock, wallTime } from '../../../adapters/clock/world-clock.ts'
import { createKafkaEventLog } from '../../../adapters/kafka/event-log.ts'
import { ensureTopics } from '../../../adapters/kafka/topics.ts'
import { evolveCell, openCell, type CellRecord } from '../../../core/placement/cell.ts'
import type { Appender, EventLog, Logger } from '../../../core/ports.ts'
import { createCellOwner, type CellOwner } from '../../../services/orchestrator/cell-owner.ts'
import { inventoriesOf, nodesOf, requestOf } from '../../core/placement/small-cell.ts'

const quiet: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, child: () => quiet }
const clock = createWorldClock(wallTime)

const cleanUps: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

type Pause = { readonly reached: Promise<void>; resume(): void }

/** The log of a placer that is paused at its first placement: before it leaves, or after the broker has it. */
const pausing = (eventLog: EventLog, where: 'before' | 'after'): { readonly paused: EventLog; readonly pause: Pause } => {
  let resume = (): void => {}
  let reach = (): void => {}
  const resumed = new Promise<void>((resolve) => (resume = resolve))
  const reached = new Promise<void>((resolve) => (reach = resolve))
  const stop = (): Promise<void> => (reach(), resumed)
  const hold = (appender: Appender): Appender => ({
    ...appender,
    append: async (records) => {
      const isPlacement = records.some(({ event }) => event?.type === 'PlacementDecided')
      if (isPlacement && where === 'before') await stop()
      const appended = await appender.append(records)
      if (isPlacement && where === 'after') await stop()
      return appended
    },
  })
  return { paused: { ...eventLog, appender: async () => hold(await eventLog.appender()) }, pause: { reached, resume } }
}

/** Both own the cell: each is alone in a group of its own, as a member that lost its session believes to be. */
const owning = async (eventLog: EventLog, group: string): Promise<CellOwner> => {
  const owner = await createCellOwner({ group, eventLog, clock, log: quiet, cells: ['cell-0'] })
  cleanUps.push(() => owner.close())
  await new Promise<void>((resolve) => owner.onOwnership((cells) => cells.includes('cell-0') && resolve()))
  return owner
}

/** Room for one request of 1P+2D with 4 GPUs each, not for two. */
const openCellOnBroker = async (where: 'before' | 'after') => {
  const options = { brokers: inject('kafkaBrokers'), topicPrefix: `placers-${randomUUID()}` }
  await ensureTopics({ ...options, clientId: 'placers' })
  const [firstLog, secondLog] = ['first', 'second'].map((clientId) => createKafkaEventLog({ ...options, clientId })) as [EventLog, EventLog]
  cleanUps.push(() => firstLog.close(), () => secondLog.close())
  const inventories = inventoriesOf(nodesOf({ 's2-0/s1-0': ['H100', 'H100'] }), [], clock.now())
  await (await firstLog.appender()).append(inventories.map((event) => ({ topic: 'cells', key: event.cell, event })))
  const { paused, pause } = pausing(firstLog, where)
  return { first: await owning(paused, 'one-placer'), second: await owning(secondLog, 'another-placer'), pause, eventLog: secondLog }
}

const requested = (service: string) =>
  requestOf({ requestId: `i-${service}`, service, target: { prefill: 1, decode: 2 }, requestedAt: clock.now(), expiresAt: clock.now() + 60_000 })

/** Whom the log promises capacity, and how many placements stand in it, void ones included. */
const promises = async (eventLog: EventLog) => {
  const partition = await eventLog.partitionOf('cells', 'cell-0')
  const { start, end } = (await eventLog.bounds('cells')).find((each) => each.partition === partition) ?? { start: 0, end: 0 }
  let state = openCell('cell-0')
  let placements = 0
  for await (const { event, offset } of eventLog.read({ topic: 'cells', partition, from: start, to: end })) {
    if (event?.type === 'PlacementDecided') placements += 1
    state = evolveCell(state, { event, offset } as CellRecord)
  }
  return { to: [...state.reservations.values()].map(({ service }) => service), placements }
}

describe('two placers of one cell, the first paused', () => {
  it('before its placement leaves: it is void when it comes, and its cycle runs again on what the second one left', async () => {
    const { first, second, pause, eventLog } = await openCellOnBroker('before')
    const late = first.placer.place(requested('late'))
    await pause.reached
    expect((await second.placer.place(requested('early'))).refusal).toBeNull()
    pause.resume()
    expect((await late).refusal).toContain('largest free is 4 H100')
    expect(await promises(eventLog)).toEqual({ to: ['early'], placements: 3 })
  })

  it('between append and read-back: the second one refuses what is taken, and repeats the answer of the first', async () => {
    const { first, second, pause, eventLog } = await openCellOnBroker('after')
    const answer = first.placer.place(requested('early'))
    await pause.reached
    expect((await second.placer.place(requested('late'))).refusal).toContain('largest free is 4 H100')
    const repeated = await second.placer.place(requested('early'))
    pause.resume()
    expect(await answer).toEqual(repeated)
    expect((await promises(eventLog)).to).toEqual(['early'])
  })
})
