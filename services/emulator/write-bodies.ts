/** Bodies of the sub-cluster's API, checked before they reach the fleet. */
import { z } from 'zod'
import { worldFaultKinds } from '../../simulator/faults.ts'
import { apiFaultKinds, apiMethods } from './api-faults.ts'

const count = z.number().int().min(0).max(100_000)
const counts = z.object({ prefill: count, decode: count })
const band = z.object({ lo: z.number().min(0), hi: z.number().min(0) })
const text = z.string().min(1).max(512)

const write = {
  key: text,
  group: text,
  service: text,
  sequence: z.number().int().min(0),
  intentId: z.string().max(512),
  decisionId: z.string().max(512),
}

export const applyBody = z.object({
  ...write,
  expect: z.object({ uid: z.string(), counts }),
  counts,
  domain: text,
  gpuTypes: z.object({ prefill: text, decode: text }),
  gpusPerInstance: counts,
  band,
})
export const registrationTargetBody = z.object({ ...write, expect: counts.optional(), target: counts, band })
export const undoBody = z.object({ ...write, undoes: text })
export const gateBody = z.object({ registered: z.boolean() })

const worldFault = z.object({
  kind: z.enum(worldFaultKinds),
  service: text.optional(),
  group: text.optional(),
  node: text.optional(),
  rollouts: z.number().int().min(1).optional(),
  afterMs: z.number().min(0).optional(),
  durationMs: z.number().positive().optional(),
  factor: z.number().min(1).optional(),
})
const apiFault = z.object({
  kind: z.enum(apiFaultKinds),
  method: z.enum(apiMethods).optional(),
  when: z.enum(['before', 'after']).default('before'),
  times: z.number().int().min(1).default(1),
  delayMs: z.number().min(0).max(600_000).default(10_000),
})

export const faultBody = z.union([worldFault, apiFault])
export const reportQuery = z.object({
  service: text.optional(),
  ttftMs: z.coerce.number().positive().optional(),
  tbtMs: z.coerce.number().positive().optional(),
})
export const changesQuery = z.object({ after: z.coerce.number().int().min(0).default(0) })
