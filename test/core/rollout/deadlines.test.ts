import { expect, it } from 'vitest'
import { subClusterCallMs, writeAttemptMs } from '../../../core/rollout/deadlines.ts'

it('a repeated attempt has time to read and to write, each with a call that takes its whole deadline', () => {
  expect(2 * subClusterCallMs).toBeLessThan(writeAttemptMs)
})
