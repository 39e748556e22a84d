import { expect, it } from 'vitest'
import { controlsReadMs, subClusterCallMs, writeAttemptMs } from '../../../core/rollout/deadlines.ts'

it('a repeated attempt has time to read and to write, each with a call that takes its whole deadline', () => {
  expect(2 * subClusterCallMs).toBeLessThan(writeAttemptMs)
})

it('an attempt has time to find that the controls cannot be read, after the group or before the write', () => {
  expect(subClusterCallMs + controlsReadMs).toBeLessThan(writeAttemptMs)
})
