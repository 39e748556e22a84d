/** The registrar beside a sub-cluster: it follows the target, survives failures, and needs nothing else. */
import { beforeEach, describe, expect, it } from 'vitest'
import { createMemorySubCluster } from '../../../adapters/memory/sub-cluster.ts'
import { createLogger } from '../../../adapters/logging/logger.ts'
import { createMetrics } from '../../../adapters/prometheus/registry.ts'
import { inBand } from '../../../core/ratio-band.ts'
import { servingCounts } from '../../../core/rollout/group-instances.ts'
import { isPortError } from '../../../core/port-error.ts'
import type { RoleCounts } from '../../../core/roles.ts'
import { createRegistrarMeters } from '../../../services/registrar/meters.ts'
import { createRegistrar } from '../../../services/registrar/pass.ts'
import { startLoop } from '../../../services/registrar/loop.ts'
import { applyOf, band, counts, domain, nodes, registerOf } from '../../core/rollout/group-status.ts'

const log = createLogger('registrar', 'error')

const open = () => {
  const cluster = createMemorySubCluster({ name: 'sub-a', nodes, now: () => 1_000 })
  const metrics = createMetrics('registrar')
  const meters = createRegistrarMeters(metrics)
  return { cluster, metrics, meters, registrar: createRegistrar({ subCluster: cluster, meters, log }) }
}

let stage: ReturnType<typeof open>
beforeEach(() => {
  stage = open()
})
const serving = async (): Promise<RoleCounts> => servingCounts((await stage.cluster.readGroup('g')) ?? { instances: [] })
const adopted = (present: RoleCounts): void =>
  stage.cluster.adopt({
    ...{ group: 'g', service: 'chat', sequence: 0, intentId: '', decisionId: '', domain, band, counts: present, registrationTarget: present },
    ...{ gpuTypes: { prefill: 'H100', decode: 'H20' }, gpusPerInstance: counts(4, 4) },
  })
const servedInBand = (): boolean =>
  stage.cluster.changes().every((change) => !('servingAfter' in change) || inBand(change.servingAfter, change.band))

describe('one pass', () => {
  it('opens the gates of a group whose target was written, in band after every gate', async () => {
    stage.cluster.autoReady(true)
    await stage.cluster.applyGroup(applyOf('create', counts(3, 6)))
    await stage.registrar.pass()
    expect(await serving()).toEqual(counts(0, 0))
    await stage.cluster.setRegistrationTarget(registerOf('register', counts(3, 6)))
    await stage.registrar.pass()
    expect(await serving()).toEqual(counts(3, 6))
    expect(servedInBand()).toBe(true)
  })

  it('withdraws victims before they are removed', async () => {
    adopted(counts(3, 6))
    await stage.cluster.setRegistrationTarget(registerOf('fewer', counts(2, 4)))
    await stage.registrar.pass()
    expect(await serving()).toEqual(counts(2, 4))
    expect(servedInBand()).toBe(true)
  })

  it('goes on where a failed gate stopped it', async () => {
    stage.cluster.autoReady(true)
    await stage.cluster.applyGroup(applyOf('create', counts(2, 4)))
    await stage.cluster.setRegistrationTarget(registerOf('register', counts(2, 4)))
    stage.cluster.failNext('setRegistered', 'after')
    await stage.registrar.pass()
    expect(await serving()).toEqual(counts(0, 1))
    await stage.registrar.pass()
    expect(await serving()).toEqual(counts(2, 4))
    expect(servedInBand()).toBe(true)
  })

  it('returns the replacements of lost instances to service as far as there is room, and counts the excursion once', async () => {
    adopted(counts(3, 6))
    stage.cluster.loseNode('node-4')
    stage.cluster.loseNode('node-5')
    await stage.registrar.pass()
    await stage.registrar.pass()
    expect(await serving()).toEqual(counts(3, 2))
    const { text } = await stage.metrics.expose()
    expect(text).toMatch(/heteroscale_registrar_band_excursions_total\{service="registrar"\} 1\n/)
    stage.cluster.autoReady(true)
    await stage.registrar.pass()
    expect(await serving()).toEqual(counts(3, 4))
    expect(inBand(await serving(), band)).toBe(true)
  })

  it('opens no gate on the word of a list that lags behind a loss', async () => {
    adopted(counts(3, 6))
    await stage.cluster.setRegistrationTarget(registerOf('fewer', counts(2, 6)))
    await stage.registrar.pass()
    await stage.cluster.setRegistrationTarget(registerOf('more', counts(3, 6)))
    const former = await stage.cluster.listGroups()
    stage.cluster.loseNode('node-4')
    stage.cluster.loseNode('node-5')
    const lagging = { ...stage.cluster, listGroups: () => Promise.resolve(former) }
    await createRegistrar({ subCluster: lagging, meters: stage.meters, log }).pass()
    expect(await serving()).toEqual(counts(2, 2))
    expect(inBand(await serving(), band)).toBe(true)
  })

  it('leaves the gates of a group that cannot be read, and goes on with it at the next pass', async () => {
    stage.cluster.autoReady(true)
    await stage.cluster.applyGroup(applyOf('create', counts(1, 2)))
    await stage.cluster.setRegistrationTarget(registerOf('register', counts(1, 2)))
    stage.cluster.failNext('readGroup', 'before')
    await stage.registrar.pass()
    expect(await serving()).toEqual(counts(0, 0))
    await stage.registrar.pass()
    expect(await serving()).toEqual(counts(1, 2))
  })

  it('says that it could not read, and changes nothing', async () => {
    adopted(counts(2, 4))
    stage.cluster.failNext('listGroups', 'before')
    await expect(stage.registrar.pass()).rejects.toSatisfy((error) => isPortError(error, 'unavailable'))
    expect(await serving()).toEqual(counts(2, 4))
  })

  it('shows gates and registered instances as metrics', async () => {
    stage.cluster.autoReady(true)
    await stage.cluster.applyGroup(applyOf('create', counts(1, 2)))
    await stage.cluster.setRegistrationTarget(registerOf('register', counts(1, 2)))
    await stage.registrar.pass()
    await stage.registrar.pass()
    const { text } = await stage.metrics.expose()
    expect(text).toMatch(/heteroscale_registrar_gates_total\{action="open",service="registrar"\} 3\n/)
    expect(text).toMatch(/heteroscale_registrar_registered_instances\{role="decode",service="registrar"\} 2\n/)
  })
})

describe('the loop', () => {
  it('is fresh after a read, stale when the last one is long ago, and stops between passes', async () => {
    adopted(counts(2, 4))
    let wall = 0
    let passed: () => void = () => undefined
    const first = new Promise<void>((resolve) => {
      passed = resolve
    })
    const registrar = { pass: async () => stage.registrar.pass().then(passed) }
    const loop = startLoop({ registrar, meters: stage.meters, log, intervalMs: 60_000, wallNow: () => wall })
    expect(loop.isFresh(20)).toBe(false)
    await first
    await loop.stop()
    expect(loop.isFresh(20)).toBe(true)
    wall = 21 * 60_000
    expect(loop.isFresh(20)).toBe(false)
  })
})
