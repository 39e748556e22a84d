/** The placer over the log: one answer per request, reservations that outlive the process, two owners that never promise one GPU twice. */
import { afterEach, describe, expect, it } from 'vitest'
import { createMemoryBroker, type MemoryBroker } from '../../../adapters/memory/event-log.ts'
import { createMetrics } from '../../../adapters/prometheus/registry.ts'
import type { PlacementDecided, PlacementRequest } from '../../../core/events/placed.ts'
import { decidePlacement } from '../../../core/placement/decide.ts'
import { evolveCell, openCell, type CellRecord, type CellState } from '../../../core/placement/cell.ts'
import { openReservedGpus, viewOf } from '../../../core/placement/view.ts'
import { portError } from '../../../core/port-error.ts'
import type { Appender, Clock, EventLog, Logger, LogRecord } from '../../../core/ports.ts'
import { createCellOwner, type CellOwner } from '../../../services/orchestrator/cell-owner.ts'
import { createPlacer } from '../../../services/orchestrator/placer.ts'
import { CellPartition } from '../../../services/orchestrator/placer-partition.ts'
import { wallTimers } from '../../../services/wall-timers.ts'
import { at, inventoriesOf, nodesOf, NOW, requestOf, showAnswer } from '../../core/placement/small-cell.ts'

const clock: Clock = { speed: 1, now: () => NOW, sleep: () => Promise.resolve() }
const quiet: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, child: () => quiet }

const owners: CellOwner[] = []
afterEach(async () => {
  await Promise.all(owners.splice(0).map((owner) => owner.close()))
})

const brokerWith = async (gpus: readonly string[]): Promise<MemoryBroker> => {
  const broker = createMemoryBroker({ now: () => NOW })
  const appender = await broker.eventLog().appender()
  const inventories = inventoriesOf(nodesOf({ 's2-0/s1-0': gpus }))
  await appender.append(inventories.map((event) => ({ topic: 'cells', key: event.cell, event })))
  return broker
}

const ownerOf = async (broker: MemoryBroker, metrics = createMetrics('test')): Promise<CellOwner> => {
  const owner = await createCellOwner({ group: 'fleet-placer', eventLog: broker.eventLog(), clock, log: quiet, cells: ['cell-0'], metrics, gatherMs: 0 })
  owners.push(owner)
  await owning(owner)
  return owner
}

/** A placer that believes to own the partition, whoever does. */
const placerOver = async (eventLog: EventLog, partition: CellPartition | undefined, appender?: Appender) =>
  createPlacer({ eventLog, appender: appender ?? (await eventLog.appender()), clock, log: quiet, metrics: null, timers: wallTimers, gatherMs: 0, maxInventoryAgeMs: 300_000, ownedPartition: () => partition })

/** Resolves as soon as the owner says so, which needs turns of the event loop and no time. */
const owning = (owner: CellOwner): Promise<void> =>
  new Promise((resolve) => owner.onOwnership((cells) => cells.includes('cell-0') && resolve()))

const recordsOf = async (broker: MemoryBroker): Promise<LogRecord[]> => {
  const log = broker.eventLog()
  const partition = await log.partitionOf('cells', 'cell-0')
  const { end = 0 } = (await log.bounds('cells'))[partition] ?? {}
  const records: LogRecord[] = []
  for await (const record of log.read({ topic: 'cells', partition, from: 0, to: end })) records.push(record)
  return records
}

const stateIn = async (broker: MemoryBroker): Promise<CellState> =>
  (await recordsOf(broker)).reduce((state, record) => evolveCell(state, record as CellRecord), openCell('cell-0'))

const batchFor = (service: string, fields: Partial<PlacementRequest> = {}): PlacementRequest =>
  requestOf({ requestId: `i-${service}`, service, target: { prefill: 1, decode: 2 }, ...fields })

const released = { cell: 'cell-0', requestId: 'i-chat', group: 'chat-2-0', outcome: 'committed' } as const

describe('place', () => {
  it('answers after its record stands in the log, and the record is the reservation', async () => {
    const broker = await brokerWith(['H100', 'H100'])
    const { placer } = await ownerOf(broker)
    const answer = await placer.place(batchFor('chat'))
    expect(showAnswer(answer)).toEqual(['chat-2-0 new 0P+0D -> 1P+2D in sub-0/s2-0'])
    const state = await stateIn(broker)
    expect(state.answers.get('i-chat')).toEqual(answer)
    expect(openReservedGpus(state)).toBe(12)
  })

  it('gives no answer while the record is only appended, and appends it once', async () => {
    const eventLog = (await brokerWith(['H100', 'H100'])).eventLog()
    const home = await eventLog.partitionOf('cells', 'cell-0')
    const partition = new CellPartition(0, wallTimers)
    let decided: (record: LogRecord) => void = () => {}
    const appended = new Promise<LogRecord>((resolve) => (decided = resolve))
    const onRecord = (record: LogRecord): void => {
      if (record.partition !== home) return
      if (record.event?.type === 'PlacementDecided') decided(record)
      else partition.fold(record)
    }
    await (await eventLog.follow({ topics: ['cells'], from: 'start', onRecord })).caughtUp()
    const placer = await placerOver(eventLog, partition)
    let answers = 0
    const answer = placer.place(batchFor('chat')).then((given) => (answers++, given))
    const record = await appended
    await new Promise((resolve) => setImmediate(resolve))
    expect(answers).toBe(0)
    partition.fold(record)
    expect((await answer).groups).toHaveLength(1)
    expect((await eventLog.bounds('cells'))[home]?.end).toBe(record.offset + 1)
    await eventLog.close()
  })

  it('decides requests that arrive together in one cycle, by priority', async () => {
    const broker = await brokerWith(['H100', 'H100'])
    const { placer } = await ownerOf(broker)
    const [low, high] = await Promise.all([placer.place(batchFor('low')), placer.place(batchFor('high', { priority: 9 }))])
    expect([low.groups.length, high.groups.length]).toEqual([0, 1])
    expect((await recordsOf(broker)).filter(({ event }) => event?.type === 'PlacementDecided')).toHaveLength(1)
  })

  it('answers a repeated request id as before, also while the first is on its way', async () => {
    const broker = await brokerWith(['H100', 'H100', 'H100'])
    const { placer } = await ownerOf(broker)
    const [first, second] = await Promise.all([placer.place(batchFor('chat')), placer.place(batchFor('chat'))])
    const third = await placer.place(batchFor('chat', { target: { prefill: 2, decode: 4 } }))
    expect([second, third]).toEqual([first, first])
    expect((await stateIn(broker)).reservations.size).toBe(1)
  })

  it('refuses a malformed request alone', async () => {
    const broker = await brokerWith(['H100', 'H100'])
    const { placer } = await ownerOf(broker)
    const bad = placer.place(batchFor('bad', { requirements: [] }))
    const good = placer.place(batchFor('chat'))
    await expect(bad).rejects.toMatchObject({ code: 'invalid', message: expect.stringContaining('0 requirements for prefill; exactly 1 is allowed') as unknown })
    expect((await good).groups).toHaveLength(1)
  })

  it('does not reserve twice when the append took effect although it failed', async () => {
    const broker = await brokerWith(['H100', 'H100', 'H100', 'H100'])
    const { placer } = await ownerOf(broker)
    broker.failNext({ error: portError('timeout', 'no acknowledgement'), when: 'after' })
    await expect(placer.place(batchFor('chat'))).rejects.toMatchObject({ code: 'timeout' })
    const answer = await placer.place(batchFor('chat'))
    expect(answer.groups).toHaveLength(1)
    expect(openReservedGpus(await stateIn(broker))).toBe(12)
  })

  it('is unavailable where the cell belongs to another process', async () => {
    const eventLog = createMemoryBroker().eventLog()
    const placer = await placerOver(eventLog, undefined)
    await expect(placer.place(batchFor('chat'))).rejects.toMatchObject({ code: 'unavailable' })
    await expect(placer.release(released)).rejects.toMatchObject({ code: 'unavailable' })
  })
})

describe('a new owner', () => {
  it('knows the reservations and answers of the one before', async () => {
    const broker = await brokerWith(['H100', 'H100'])
    const first = await ownerOf(broker)
    const answer = await first.placer.place(batchFor('chat'))
    await first.close()
    expect(first.ownedCells()).toEqual([])
    const second = await ownerOf(broker)
    expect(await second.placer.place(batchFor('chat'))).toEqual(answer)
    const other = await second.placer.place(batchFor('batch'))
    expect(other).toMatchObject({ groups: [], refusal: expect.stringContaining('largest free is 4 H100') as unknown })
  })

  it('takes over the cells of one that leaves, and says so', { timeout: 120_000 }, async () => {
    const broker = await brokerWith(['H100'])
    const first = await ownerOf(broker)
    const second = await createCellOwner({ group: 'fleet-placer', eventLog: broker.eventLog(), clock, log: quiet, cells: ['cell-0'], gatherMs: 0 })
    owners.push(second)
    await Promise.race([owning(first), owning(second)])
    expect([...first.ownedCells(), ...second.ownedCells()]).toEqual(['cell-0'])
    await first.close()
    await owning(second)
    expect([first.ownedCells(), second.ownedCells()]).toEqual([[], ['cell-0']])
  })
})

describe('two owners of one cell at once', () => {
  /** Holds each one's first append until both have decided: without that, the first would be read back by then. */
  const meetingOf = (guests: number): (() => Promise<void>) => {
    let open: () => void = () => {}
    const met = new Promise<void>((resolve) => (open = resolve))
    let arrived = 0
    return () => {
      arrived++
      if (arrived === guests) open()
      return met
    }
  }

  /** Each believes that it owns the cell and follows the log by itself, as after a pause that outlived the session. */
  const rivalOf = async (eventLog: EventLog, meet: () => Promise<void>) => {
    const partition = new CellPartition(0, wallTimers)
    const home = await eventLog.partitionOf('cells', 'cell-0')
    const follower = await eventLog.follow({ topics: ['cells'], from: 'start', onRecord: (record) => void (record.partition === home && partition.fold(record)) })
    await follower.caughtUp()
    const plain = await eventLog.appender()
    const appender: Appender = { append: async (records) => meet().then(() => plain.append(records)), close: () => plain.close() }
    return placerOver(eventLog, partition, appender)
  }

  it('void one record of a race, and promise no GPU twice', async () => {
    const broker = await brokerWith(['H100', 'H100', 'H100'])
    const meet = meetingOf(2)
    const [left, right] = [await rivalOf(broker.eventLog(), meet), await rivalOf(broker.eventLog(), meet)]
    const answers = await Promise.all([left.place(batchFor('chat')), right.place(batchFor('batch'))])
    expect(answers.map(({ groups }) => groups.length)).toEqual([1, 1])
    const decided = (await recordsOf(broker)).map(({ event }) => event).filter((event): event is PlacementDecided => event?.type === 'PlacementDecided')
    expect(decided).toHaveLength(3)
    expect(decided[0]?.basedOn).toBe(decided[1]?.basedOn)
    const perNode = new Map<string, number>()
    for (const { node, gpus } of answers.flatMap(({ groups }) => groups.flatMap(({ reserved }) => reserved))) {
      perNode.set(node, (perNode.get(node) ?? 0) + gpus)
    }
    expect(Math.max(...perNode.values())).toBeLessThanOrEqual(8)
    expect([...viewOf(await stateIn(broker), at(NOW)).free.values()]).toEqual([0, 0, 0])
  })

  it('give one answer to one request that reached both', async () => {
    const broker = await brokerWith(['H100', 'H100', 'H100'])
    const meet = meetingOf(2)
    const [left, right] = [await rivalOf(broker.eventLog(), meet), await rivalOf(broker.eventLog(), meet)]
    const [one, other] = await Promise.all([left.place(batchFor('chat')), right.place(batchFor('chat'))])
    expect(one).toEqual(other)
    expect((await recordsOf(broker)).filter(({ event }) => event?.type === 'PlacementDecided')).toHaveLength(2)
    expect((await stateIn(broker)).reservations.size).toBe(1)
  })
})

describe('an owner that always comes second', () => {
  /** Whatever it appends, another owner's valid record stands before it. */
  const overtaken = async (eventLog: EventLog, partition: CellPartition): Promise<Appender> => {
    const plain = await eventLog.appender()
    let cycles = 0
    return {
      append: async (records) => {
        const rival = batchFor(`rival-${cycles++}`, { target: { prefill: 0, decode: 0 } })
        const event = decidePlacement(partition.stateOf('cell-0'), [rival], at(NOW))
        await plain.append([{ topic: 'cells', key: 'cell-0', event }])
        return plain.append(records)
      },
      close: () => plain.close(),
    }
  }

  it('sends its requests back after 20 void cycles, and serves the next ones', async () => {
    const broker = await brokerWith(['H100', 'H100'])
    const eventLog = broker.eventLog()
    const partition = new CellPartition(0, wallTimers)
    const home = await eventLog.partitionOf('cells', 'cell-0')
    const follower = await eventLog.follow({ topics: ['cells'], from: 'start', onRecord: (record) => void (record.partition === home && partition.fold(record)) })
    await follower.caughtUp()
    const slow = await overtaken(eventLog, partition)
    const plain = await eventLog.appender()
    let appends = 0
    const appender: Appender = { append: (records) => (++appends > 20 ? plain : slow).append(records), close: () => slow.close() }
    const placer = await placerOver(eventLog, partition, appender)
    await expect(placer.place(batchFor('chat'))).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining('20 cycles in a row') as unknown })
    expect(appends).toBe(20)
    expect((await placer.place(batchFor('chat'))).groups).toHaveLength(1)
    await eventLog.close()
  })
})

describe('release', () => {
  it('reads on to what another owner had reserved a moment ago, before it counts as done already', async () => {
    const broker = await brokerWith(['H100', 'H100'])
    const first = await ownerOf(broker)
    await first.placer.place(batchFor('chat'))
    await first.close()
    const eventLog = broker.eventLog()
    const home = await eventLog.partitionOf('cells', 'cell-0')
    const partition = new CellPartition(0, wallTimers)
    const late: LogRecord[] = []
    let isLate = true
    const onRecord = (record: LogRecord): void => {
      if (record.partition !== home) return
      if (isLate && record.event?.type === 'PlacementDecided') late.push(record)
      else partition.fold(record)
    }
    await (await eventLog.follow({ topics: ['cells'], from: 'start', onRecord })).caughtUp()
    const placer = await placerOver(eventLog, partition)
    const done = placer.release(released)
    await new Promise((resolve) => setImmediate(resolve))
    isLate = false
    for (const record of late) partition.fold(record)
    await done
    expect(late).toHaveLength(1)
    expect(openReservedGpus(await stateIn(broker))).toBe(0)
    await eventLog.close()
  })

  it('gives the reservation back once, however often it is asked', async () => {
    const broker = await brokerWith(['H100', 'H100'])
    const { placer } = await ownerOf(broker)
    await placer.place(batchFor('chat'))
    await placer.release(released)
    await placer.release(released)
    await placer.release({ ...released, group: 'unknown' })
    expect((await recordsOf(broker)).filter(({ event }) => event?.type === 'ReservationReleased')).toHaveLength(1)
    expect(openReservedGpus(await stateIn(broker))).toBe(0)
  })

  it('is visible in the gauge of open reservations, as are cycles and refusals', async () => {
    const broker = await brokerWith(['H100', 'H100'])
    const metrics = createMetrics('test')
    const { placer } = await ownerOf(broker, metrics)
    await placer.place(batchFor('chat'))
    await placer.place(batchFor('batch'))
    const before = (await metrics.expose()).text
    expect(before).toContain('heteroscale_placer_open_reservations_gpus{cell="cell-0",service="test"} 12')
    expect(before).toContain('heteroscale_placer_cycles_total{cell="cell-0",outcome="valid",service="test"} 2')
    expect(before).toContain('heteroscale_placer_refusals_total{cell="cell-0",reason="NO_CAPACITY",service="test"} 1')
    await placer.release(released)
    expect((await metrics.expose()).text).toContain('heteroscale_placer_open_reservations_gpus{cell="cell-0",service="test"} 0')
  })
})
