/** What a service may not change while it is managed, in v1alpha1. */
import { roles } from '../roles.ts'
import type { Fault } from './fault.ts'
import { showValue } from './fault.ts'
import type { ServiceManifest } from './specification.ts'

/**
 * Fields that differ and must not. Another cell would place the whole fleet a second time, since nothing drains the first
 * one; another `gpusPerInstance` would make every reservation and every count of GPUs that stands now wrong.
 */
export const immutableFaults = (before: ServiceManifest, after: ServiceManifest): readonly Fault[] =>
  [
    { path: 'spec.cell', from: before.spec.cell, to: after.spec.cell },
    ...roles.map((role) => ({
      path: `spec.roles.${role}.gpusPerInstance`,
      from: before.spec.roles[role].gpusPerInstance,
      to: after.spec.roles[role].gpusPerInstance,
    })),
  ]
    .filter(({ from, to }) => from !== to)
    .map(({ path, from, to }) => ({
      path,
      code: 'E_SPEC_IMMUTABLE',
      got: showValue(to),
      allowed: `${showValue(from)}, which cannot change while the service runs`,
      hint: 'apply it as a service of another name',
    }))
