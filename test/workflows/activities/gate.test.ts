/** Nothing forward takes effect past a stop: each writing activity asks the gate, last of all, and writes nothing when it says no. */
import { MockActivityEnvironment } from '@temporalio/testing'
import { DefaultLogger } from '@temporalio/worker'
import { describe, expect, it } from 'vitest'
import { createMemorySubCluster } from '../../../adapters/memory/sub-cluster.ts'
import type { EffectGate } from '../../../core/rollout/effect-gate.ts'
import { createActivities } from '../../../workflows/activities/index.ts'
import type { RolloutPorts } from '../../../workflows/activities/ports.ts'
import { applyOf, counts, nodes, registerOf } from '../../core/rollout/group-status.ts'

/** A halt is an error to the SDK, which would print it. */
const silent = new DefaultLogger('ERROR', () => {})

const open: EffectGate = { stopFor: () => Promise.resolve(null) }
const shut: EffectGate = { stopFor: () => Promise.resolve({ code: 'KILL_SWITCH', detail: 'kill-switch on for fleet by alice: outage' }) }
const halted = { type: 'HALTED', nonRetryable: true, message: 'KILL_SWITCH: kill-switch on for fleet by alice: outage' }

const stage = async () => {
  const cluster = createMemorySubCluster({ name: 'sub-a', nodes, now: () => 1_000 })
  await cluster.applyGroup(applyOf('create', counts(2, 4)))
  const ports = (gate: EffectGate): RolloutPorts => ({ subClusters: new Map([['sub-a', cluster]]), clock: { now: () => 1_000 }, gate }) as unknown as RolloutPorts
  const status = await cluster.readGroup('g')
  return {
    cluster,
    perform: (name: 'apply' | 'register', gate: EffectGate, attempt: number): Promise<unknown> => {
      const write = name === 'apply' ? { ...applyOf('grow', counts(3, 6)), expect: { uid: status?.uid ?? '', counts: counts(2, 4) } } : registerOf('register', counts(2, 4))
      const activities = createActivities(ports(gate))
      return new MockActivityEnvironment({ attempt }, { logger: silent }).run(activities[name] as (input: never) => Promise<unknown>, { subCluster: 'sub-a', write, expiresAt: null } as never)
    },
  }
}

describe.each(['apply', 'register'] as const)('%s', (name) => {
  it.each([1, 2])('writes nothing past a stop, at attempt %i', async (attempt) => {
    const { cluster, perform } = await stage()
    const before = cluster.changes().length
    await expect(perform(name, shut, attempt)).rejects.toMatchObject(halted)
    expect(cluster.changes().length).toBe(before)
  })

  it('writes when nothing forbids it, and asks after everything else', async () => {
    const { cluster, perform } = await stage()
    const before = cluster.changes().length
    const atTheGate: number[] = []
    const watched: EffectGate = { stopFor: () => (atTheGate.push(cluster.changes().length), open.stopFor('chat')) }
    await perform(name, watched, 2)
    expect(atTheGate).toEqual([before])
    expect(cluster.changes().length).toBeGreaterThan(before)
  })
})
