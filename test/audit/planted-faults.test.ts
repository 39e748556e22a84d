/** A core that decides otherwise under the same name: `replay` says which decision is the first to differ, and where. */
import { describe, expect, it } from 'vitest'
import { replayLog, type ReplayReport } from '../../cli/replay-log.ts'
import { describeReport } from '../../cli/replay-text.ts'
import type { Engine } from '../../core/audit/engine.ts'
import { coreHash, group, openStage, type Stage } from '../services/decider/stage.ts'
import { clockRead, otherNumber, otherOrder, plantedCore, type Plant } from './planted-core.ts'

/** Two services over two minutes, decided by this core under the name that every log of these stories carries. */
const recordedBy = async (engine: Engine): Promise<Stage> => {
  const stage = await openStage()
  for (const service of ['chat', 'code']) await stage.configure(service)
  const decider = await stage.startDecider('ada', { engine })
  await stage.pass(120)
  await decider.stop()
  return stage
}

const replayedBy = (engine: Engine, { eventLog }: Stage): Promise<ReplayReport> => replayLog(eventLog, { coreHash, engine, group })

const expectEqual = (report: ReplayReport): void => {
  expect(report).toMatchObject({ equal: true, differences: [] })
  expect(report.decisions.count).toBeGreaterThan(2)
}

/** The first of the report, with the line that a person reads. */
const firstDifference = (report: ReplayReport) => {
  expect(report.equal).toBe(false)
  const [first] = report.differences
  expect(first).toBeDefined()
  const line = describeReport(report).find((one) => one.includes('first difference')) ?? ''
  expect(line).toContain(`${first?.type} ${first?.id} of ${first?.service}: ${first?.what} at ${first?.path === '' ? '(the whole record)' : first?.path}`)
  return first
}

const story = async (plant: Plant) => {
  const [right, faulty] = [(await plantedCore()).engine, (await plantedCore(plant)).engine]
  const [asItShould, asItShouldNot] = [await recordedBy(right), await recordedBy(faulty)]
  expectEqual(await replayedBy(right, asItShould))
  return { right, faulty, asItShould, asItShouldNot }
}

describe('a changed policy number', () => {
  it('shows where it first entered a reason, whether it decided or replays', async () => {
    const { right, faulty, asItShould, asItShouldNot } = await story(otherNumber)
    const whenItDecided = firstDifference(await replayedBy(right, asItShouldNot))
    const whenItReplays = firstDifference(await replayedBy(faulty, asItShould))
    expect(whenItDecided).toMatchObject({ what: 'differs', path: 'asks[0].reason' })
    expect(whenItReplays).toMatchObject({ what: 'differs', path: 'asks[0].reason' })
    expectEqual(await replayedBy(faulty, asItShouldNot))
  })
})

describe('an iteration over a Map in another order', () => {
  it('shows in the first record whose lists follow it', async () => {
    const { right, faulty, asItShould, asItShouldNot } = await story(otherOrder)
    expect(firstDifference(await replayedBy(right, asItShouldNot))).toMatchObject({ what: 'differs', path: 'asks[0].direction', recorded: '"hold"', replayed: '"out"' })
    expect(firstDifference(await replayedBy(faulty, asItShould))).toMatchObject({ what: 'differs', path: 'asks[0].direction', recorded: '"out"', replayed: '"hold"' })
  })
})

describe('a clock read in the decider', () => {
  it('shows at the time that it wrote', async () => {
    const { right, asItShouldNot } = await story(clockRead)
    expect(firstDifference(await replayedBy(right, asItShouldNot))).toMatchObject({ what: 'differs', path: 'time' })
  })

  it('shows even when the very same core replays, because a clock never says the same twice', async () => {
    const { faulty, asItShouldNot } = await story(clockRead)
    expect(firstDifference(await replayedBy(faulty, asItShouldNot))).toMatchObject({ what: 'differs', path: 'time' })
  })
})
