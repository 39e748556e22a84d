/** The memory twin keeps the contract of a sub-cluster and does what a test tells it. */
import { describe, expect, it } from 'vitest'
import { createMemorySubCluster } from '../../../adapters/memory/sub-cluster.ts'
import { isPortError, portError } from '../../../core/port-error.ts'
import { applyOf, band, counts, domain, nodes, registerOf } from '../../core/rollout/group-status.ts'
import { subClusterContract } from '../sub-cluster.contract.ts'

const open = () => createMemorySubCluster({ name: 'sub-a', nodes, now: () => 1_000 })

subClusterContract('the memory sub-cluster', () => {
  const subCluster = open()
  subCluster.autoReady(true)
  return Promise.resolve({ subCluster, settle: () => Promise.resolve(), stop: () => Promise.resolve() })
})

describe('the memory sub-cluster as a twin', () => {
  it('keeps instances in start-up until told, and a role that must never be ready for ever', async () => {
    const cluster = open()
    cluster.neverReady('decode')
    await cluster.applyGroup(applyOf('create', counts(1, 1)))
    const phases = async () => (await cluster.readGroup('g'))?.instances.map(({ phase }) => phase)
    expect(await phases()).toEqual(['starting', 'starting'])
    cluster.autoReady(true)
    expect(await phases()).toEqual(['ready', 'starting'])
    cluster.neverReady('decode', false)
    expect(await phases()).toEqual(['ready', 'ready'])
  })

  it('fails the next call before or after its effect', async () => {
    const cluster = open()
    cluster.failNext('applyGroup', 'before')
    await expect(cluster.applyGroup(applyOf('a', counts(1, 2)))).rejects.toSatisfy((error) => isPortError(error, 'unavailable'))
    expect(await cluster.readGroup('g')).toBeNull()
    cluster.failNext('applyGroup', 'after', portError('timeout', 'LATE test: too late; in time; read first'))
    await expect(cluster.applyGroup(applyOf('a', counts(1, 2)))).rejects.toSatisfy((error) => isPortError(error, 'timeout'))
    expect(await cluster.applyGroup(applyOf('a', counts(1, 2)))).toMatchObject({ kind: 'already-written' })
  })

  it('replaces the instances of a lost node elsewhere and registers the replacements', async () => {
    const cluster = open()
    cluster.autoReady(true)
    cluster.autoRegister(true)
    cluster.adopt({
      ...{ group: 'g', service: 'chat', sequence: 0, intentId: '', decisionId: '', domain, band },
      ...{ counts: counts(2, 4), registrationTarget: counts(2, 4) },
      ...{ gpuTypes: { prefill: 'H100', decode: 'H20' }, gpusPerInstance: counts(4, 4) },
    })
    cluster.loseNode('node-4')
    const decoders = (await cluster.readGroup('g'))?.instances.filter(({ role }) => role === 'decode') ?? []
    expect(decoders.map(({ phase, registered }) => ({ phase, registered }))).toEqual(Array(4).fill({ phase: 'ready', registered: true }))
    expect(decoders.map(({ node }) => node)).not.toContain('node-4')
  })

  it('writes a change log with the key of every effect and what served around it', async () => {
    const cluster = open()
    cluster.autoReady(true)
    cluster.autoRegister(true)
    await cluster.applyGroup(applyOf('create', counts(1, 2)))
    await cluster.setRegistrationTarget(registerOf('register', counts(1, 2)))
    const written = cluster.changes().filter((change) => change.kind === 'written')
    expect(written.map(({ key, countsBefore, countsAfter, targetAfter }) => ({ key, countsBefore, countsAfter, targetAfter }))).toEqual([
      { key: 'create', countsBefore: counts(0, 0), countsAfter: counts(1, 2), targetAfter: counts(0, 0) },
      { key: 'register', countsBefore: counts(1, 2), countsAfter: counts(1, 2), targetAfter: counts(1, 2) },
    ])
    expect(cluster.changes().at(-1)).toMatchObject({ kind: 'gate', servingAfter: counts(1, 2) })
  })
})
