/** The difference of two service files, as a person who is about to apply one reads it. */
import { expect, test } from 'vitest'
import { changedFields } from '../../../core/service/changed-fields.ts'
import type { ServiceManifest } from '../../../core/service/specification.ts'
import { specification } from '../../support/decider-story.ts'

const manifest = (changes: Parameters<typeof specification>[0] = {}): ServiceManifest => ({
  apiVersion: 'heteroscale.io/v1alpha1',
  kind: 'DisaggregatedService',
  metadata: { name: 'chat' },
  spec: specification(changes),
})

test('equal files differ nowhere', () => {
  expect(changedFields(manifest(), manifest())).toEqual([])
})

test('each changed field is named by its path, with both values', () => {
  expect(changedFields(manifest(), manifest({ priority: 3, roles: { decode: { maxReplicas: 50 } } }))).toEqual([
    { path: 'spec.priority', from: 0, to: 3 },
    { path: 'spec.roles.decode.maxReplicas', from: 40, to: 50 },
  ])
})

test('a list is one field: its order is a preference', () => {
  const tiers = [{ atSloRatio: 1, stepPercent: 10 }]
  const changed = changedFields(manifest(), manifest({ policies: { latencyGuard: { tiers } } }))
  expect(changed).toMatchObject([{ path: 'spec.policies.latencyGuard.tiers', to: tiers }])
  const types = { from: ['H100', 'H20'], to: ['H20', 'H100'] }
  const order = (gpuTypes: string[]) => manifest({ roles: { prefill: { gpuTypes } } })
  expect(changedFields(order(types.from), order(types.to))).toEqual([{ path: 'spec.roles.prefill.gpuTypes', ...types }])
})

test('a field that one file alone has is undefined in the other', () => {
  const { priority: _priority, ...spec } = specification()
  const older = { ...manifest(), spec } as unknown as ServiceManifest
  expect(changedFields(older, manifest())).toEqual([{ path: 'spec.priority', from: undefined, to: 0 }])
})
