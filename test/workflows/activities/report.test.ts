/** A report that is tried again is the same report. */
import { MockActivityEnvironment } from '@temporalio/testing'
import { expect, it } from 'vitest'
import { createWorldClock } from '../../../adapters/clock/world-clock.ts'
import type { OutRecord } from '../../../core/ports.ts'
import { createReport, type ReportInput } from '../../../workflows/activities/report.ts'
import type { RolloutPorts } from '../../../workflows/activities/ports.ts'

const scheduledAt = Date.UTC(2026, 0, 5, 8)
const report: ReportInput = {
  reportId: 'rollout/chat/i-1/g/grow/step-done', service: 'chat', intentId: 'i-1', sequence: 1, group: 'g', step: 'grow', outcome: 'step-done', detail: '', prefill: 1, decode: 2, partial: false,
}

it('has the time at which its workflow told it, however late an attempt writes it, so that both attempts write the same bytes (seed 16)', async () => {
  const written: OutRecord[] = []
  let wallNow = scheduledAt
  const clock = createWorldClock({ worldEpochMs: 0, wallEpochMs: scheduledAt - 1_000, speed: 20 }, () => wallNow)
  const appender = { append: (records: readonly OutRecord[]) => Promise.resolve(void written.push(...records)), close: () => Promise.resolve() }
  const activity = createReport({ appender, clock } as unknown as RolloutPorts)
  for (const attempt of [1, 2]) {
    wallNow += 60_000
    await new MockActivityEnvironment({ attempt, scheduledTimestampMs: scheduledAt }).run(activity, report)
  }
  expect(written).toHaveLength(2)
  expect(written[0]?.event).toMatchObject({ type: 'RolloutReported', time: 20_000 })
  expect(written[1]).toEqual(written[0])
})
