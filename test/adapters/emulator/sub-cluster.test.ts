/** The adapter keeps the contract of a sub-cluster over real HTTP and turns every failure into an operating error. */
import { afterEach, describe, expect, it } from 'vitest'
import { createEmulatorSubCluster } from '../../../adapters/emulator/sub-cluster.ts'
import { isPortError } from '../../../core/port-error.ts'
import { subClusterCallMs } from '../../../core/rollout/deadlines.ts'
import type { PortErrorCode } from '../../../core/ports.ts'
import { emptyScenario, openEmulator, type EmulatorStage } from '../../services/emulator/stage.ts'
import { applyOf, counts, undoOf } from '../../core/rollout/group-status.ts'
import { subClusterContract } from '../sub-cluster.contract.ts'

subClusterContract('the emulator over HTTP', async () => {
  const stage = await openEmulator(emptyScenario())
  const settle = (): Promise<void> => Promise.resolve(stage.pass(120_000))
  return { subCluster: stage.subCluster, settle, stop: () => stage.stop() }
})

describe('the emulator adapter when the sub-cluster fails', () => {
  let stage: EmulatorStage
  afterEach(() => stage.stop())
  const open = async (timeoutMs?: number): Promise<EmulatorStage> => (stage = await openEmulator(emptyScenario(), timeoutMs))
  const failing = (call: Promise<unknown>, code: PortErrorCode) => expect(call).rejects.toSatisfy((error) => isPortError(error, code))

  it('says timeout when a write hangs, though the write took effect', async () => {
    await open(100)
    await stage.send('POST', '/faults', { kind: 'api-timeout', method: 'applyGroup', when: 'after' })
    await failing(stage.subCluster.applyGroup(applyOf('create', counts(1, 2))), 'timeout')
    expect((await stage.subCluster.readGroup('g'))?.counts).toEqual(counts(1, 2))
  })

  it('ends a call early enough for a second one in the same attempt, unless told otherwise', async () => {
    await open()
    await stage.send('POST', '/faults', { kind: 'api-timeout', method: 'readGroup', when: 'before' })
    const patient = createEmulatorSubCluster({ name: 'sub-a', url: stage.url })
    await expect(patient.readGroup('g')).rejects.toThrow(`no whole answer in ${subClusterCallMs} ms`)
  })

  it('says unavailable on 503 and leaves the group as it was', async () => {
    await open()
    await stage.send('POST', '/faults', { kind: 'api-unavailable', times: 1 })
    await failing(stage.subCluster.applyGroup(applyOf('create', counts(1, 2))), 'unavailable')
    expect(await stage.subCluster.readGroup('g')).toBeNull()
  })

  it('refuses the late copy of a delayed write that was undone meanwhile', async () => {
    await open()
    await stage.send('POST', '/faults', { kind: 'api-delayed-write', method: 'applyGroup', delayMs: 5_000 })
    await failing(stage.subCluster.applyGroup(applyOf('create', counts(1, 2))), 'unavailable')
    await stage.subCluster.undo(undoOf('create'))
    stage.pass(6_000)
    await stage.subCluster.listNodes()
    expect(await stage.subCluster.readGroup('g')).toBeNull()
    expect((await stage.get('/changes')).text).toContain('KEY_BARRED')
  })

  it('lets a delayed write take effect later when nobody undid it', async () => {
    await open()
    await stage.send('POST', '/faults', { kind: 'api-delayed-write', method: 'applyGroup', delayMs: 5_000 })
    await failing(stage.subCluster.applyGroup(applyOf('create', counts(1, 2))), 'unavailable')
    expect(await stage.subCluster.readGroup('g')).toBeNull()
    stage.pass(6_000)
    await stage.subCluster.listNodes()
    expect((await stage.subCluster.readGroup('g'))?.counts).toEqual(counts(1, 2))
  })

  it('says invalid for a body that the sub-cluster does not accept', async () => {
    await open()
    await failing(stage.subCluster.applyGroup({ ...applyOf('create', counts(1, 2)), counts: counts(-1, 2) }), 'invalid')
  })

  it('says unavailable when nobody listens, and not-found for a sub-cluster of another name', async () => {
    await open()
    await failing(createEmulatorSubCluster({ name: 'sub-b', url: stage.url }).listNodes(), 'not-found')
    await failing(createEmulatorSubCluster({ name: 'sub-a', url: 'http://127.0.0.1:1' }).listNodes(), 'unavailable')
  })
})
