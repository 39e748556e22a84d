/** One log, several versions of the deciding code: each stretch is decided again by the version that owned it. */
import { beforeEach, describe, expect, it } from 'vitest'
import { replayLog, type ReplayOptions } from '../../cli/replay-log.ts'
import { describeReport } from '../../cli/replay-text.ts'
import * as oldEngine from '../../core/audit/engine.ts'
import type { Engine } from '../../core/audit/engine.ts'
import type { EventLog } from '../../core/ports.ts'
import { otherNumber, plantedCore } from '../audit/planted-core.ts'
import { createMortalLog } from '../services/decider/mortal-log.ts'
import { group, openStage, type Stage } from '../services/decider/stage.ts'

/** Decides otherwise than the old one: a stretch that the wrong one replays is not equal. */
let newEngine: Engine
beforeEach(async () => {
  newEngine = (await plantedCore(otherNumber)).engine
})

const old = { coreHash: 'core-old', engine: oldEngine }
const young = () => ({ coreHash: 'core-young', engine: newEngine })

/** Each version decides for two minutes and hands over properly. */
const decidedBy = async (...versions: readonly { readonly coreHash: string; readonly engine: Engine }[]): Promise<Stage> => {
  const stage = await openStage({ partitions: 1 })
  await stage.configure('chat')
  for (const [index, version] of versions.entries()) {
    const decider = await stage.startDecider(`owner-${index}`, version)
    await stage.pass(120)
    await decider.stop()
  }
  return stage
}

const keeping = (...kept: readonly { readonly coreHash: string; readonly engine: Engine }[]): Pick<ReplayOptions, 'findCore' | 'searched'> => ({
  findCore: (coreHash) => Promise.resolve(kept.find((one) => one.coreHash === coreHash)?.engine ?? null),
  searched: ['/releases/cores'],
})

const withoutCheckpoints = (eventLog: EventLog): EventLog => ({
  ...eventLog,
  bounds: async (topic) => (topic === 'checkpoints' ? [] : eventLog.bounds(topic)),
})

describe('a log of two versions', () => {
  it('is equal when each is at hand, whichever of them replays', async () => {
    const { eventLog } = await decidedBy(old, young())
    const byYoung = await replayLog(eventLog, { ...young(), ...keeping(old), group })
    expect(byYoung).toMatchObject({ equal: true, differences: [], refusal: null, cores: [{ coreHash: 'core-old' }, { coreHash: 'core-young' }] })
    expect(byYoung.decisions.count).toBeGreaterThan(3)
    expect(await replayLog(eventLog, { ...old, ...keeping(young()), group })).toMatchObject({ equal: true, decisions: byYoung.decisions, holds: byYoung.holds })
    expect(describeReport(byYoung).join('\n')).toMatch(/decided by core core-old \(\d+ ticks\), then core core-young \(\d+ ticks\)/)
  })

  it('is equal without the checkpoints of the take-over: the new version then folds the log as it did itself', async () => {
    const { eventLog } = await decidedBy(old, young())
    expect(await replayLog(withoutCheckpoints(eventLog), { ...young(), ...keeping(old), group })).toMatchObject({ equal: true, differences: [] })
  })

  it('differs when another version stands in for the one that decided', async () => {
    const { eventLog } = await decidedBy(old, young())
    const impostor = { coreHash: 'core-old', engine: newEngine }
    const report = await replayLog(eventLog, { ...young(), ...keeping(impostor), group })
    expect(report.equal).toBe(false)
    expect(report.differences[0]).toMatchObject({ type: 'ScaleDecided' })
  })

  it('is refused when a version is missing, by its name and where it was looked for', async () => {
    const { eventLog } = await decidedBy(old, young())
    const report = await replayLog(eventLog, { ...young(), ...keeping(), group })
    expect(report).toMatchObject({ equal: false, refusal: { reason: 'OTHER_CORE', coreHashes: ['core-old'] } })
    expect(describeReport(report)).toEqual([expect.stringMatching(/^OTHER_CORE replay: got decisions by core core-old; allowed: core core-young.*\/releases\/cores.*--cores$/)])
  })

  it('may come back to the first', async () => {
    const { eventLog } = await decidedBy(old, young(), old)
    for (const log of [eventLog, withoutCheckpoints(eventLog)])
      expect(await replayLog(log, { ...young(), ...keeping(old), group })).toMatchObject({ equal: true, differences: [] })
  })
})

describe('an old version that died before it wrote its last decision', () => {
  const story = async () => {
    const stage = await openStage({ partitions: 1 })
    await stage.configure('chat')
    const mortal = createMortalLog(stage.broker.eventLog())
    const dying = await stage.startDecider('dying', { ...old, eventLog: mortal.eventLog })
    await stage.pass(100)
    mortal.kill('before-outputs')
    await stage.pass(60)
    expect(mortal.isDead()).toBe(true)
    await dying.stop()
    await stage.startDecider('next', young())
    await stage.pass(120)
    return stage
  }

  it('owes nothing after what its ticks say was decided: nobody else decides it again', async () => {
    const { eventLog } = await story()
    const report = await replayLog(eventLog, { ...young(), ...keeping(old), group })
    expect(report).toMatchObject({ equal: true, differences: [] })
    expect(report.unsettled).toBeGreaterThan(0)
    expect(report.cores).toHaveLength(2)
  })

  it('still owes what they say was decided', async () => {
    const { eventLog } = await story()
    const lossy: EventLog = {
      ...eventLog,
      read: async function* (range) {
        let isFirst = range.topic === 'decisions'
        for await (const record of eventLog.read(range)) {
          if (!isFirst) yield record
          isFirst = false
        }
      },
    }
    const report = await replayLog(lossy, { ...young(), ...keeping(old), group })
    expect(report.differences).toMatchObject([{ what: 'missing', path: '' }])
  })
})
