/** The placer on a real broker: a placement is answered from the log, and the next owner of the cell knows it. */
import { randomUUID } from 'node:crypto'
import { expect, inject, it } from 'vitest'
import { createWorldClock, wallTime } from '../../../adapters/clock/world-clock.ts'
import { createKafkaEventLog } from '../../../adapters/kafka/event-log.ts'
import { ensureTopics } from '../../../adapters/kafka/topics.ts'
import type { EventLog, Logger } from '../../../core/ports.ts'
import { createCellOwner, type CellOwner } from '../../../services/orchestrator/cell-owner.ts'
import { inventoriesOf, nodesOf, requestOf, showAnswer } from '../../core/placement/small-cell.ts'

const quiet: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, child: () => quiet }
const clock = createWorldClock(wallTime)

const owning = async (eventLog: EventLog): Promise<CellOwner> => {
  const owner = await createCellOwner({ group: 'fleet-placer', eventLog, clock, log: quiet, cells: ['cell-0'] })
  await new Promise<void>((resolve) => owner.onOwnership((cells) => cells.includes('cell-0') && resolve()))
  return owner
}

const requested = (service: string) =>
  requestOf({ requestId: `i-${service}`, service, target: { prefill: 1, decode: 2 }, requestedAt: clock.now(), expiresAt: clock.now() + 60_000 })

it('a placement and its release outlive the process that wrote them', async () => {
  const options = { brokers: inject('kafkaBrokers'), topicPrefix: `placer-${randomUUID()}` }
  await ensureTopics({ ...options, clientId: 'placer' })
  const firstLog = createKafkaEventLog({ ...options, clientId: 'first' })
  const secondLog = createKafkaEventLog({ ...options, clientId: 'second' })
  const inventories = inventoriesOf(nodesOf({ 's2-0/s1-0': ['H100', 'H100'] }), [], clock.now())
  await (await firstLog.appender()).append(inventories.map((event) => ({ topic: 'cells', key: event.cell, event })))

  const first = await owning(firstLog)
  const answer = await first.placer.place(requested('chat'))
  expect(showAnswer(answer)).toEqual(['chat-2-0 new 0P+0D -> 1P+2D in sub-0/s2-0'])
  await first.close()
  await expect(first.placer.place(requested('late'))).rejects.toMatchObject({ code: 'unavailable' })

  const second = await owning(secondLog)
  expect(await second.placer.place(requested('chat'))).toEqual(answer)
  expect((await second.placer.place(requested('batch'))).refusal).toContain('largest free is 4 H100')
  const released = { cell: 'cell-0', requestId: 'i-chat', group: 'chat-2-0', outcome: 'rolled-back' } as const
  await second.placer.release(released)
  const after = inventoriesOf(nodesOf({ 's2-0/s1-0': ['H100', 'H100'] }), [], clock.now())
  await (await secondLog.appender()).append(after.map((event) => ({ topic: 'cells', key: event.cell, event })))
  await second.placer.release(released)
  const again = await second.placer.place({ ...requested('search'), requestId: 'i-search' })
  expect(again.refusal).toBeNull()

  await second.close()
  await Promise.all([firstLog.close(), secondLog.close()])
})
