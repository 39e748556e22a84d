/** What a process tells Prometheus of its appends. */
import { expect, test } from 'vitest'
import { createMemoryBroker } from '../../adapters/memory/event-log.ts'
import { createMetrics } from '../../adapters/prometheus/registry.ts'
import { portError } from '../../core/port-error.ts'
import { createLogMeters, meterAppends } from '../../services/log-meters.ts'

const tick = { type: 'ServiceRemoved', service: 'chat', author: 'ada', time: 1 } as const
const record = { topic: 'signals', key: 'chat', event: tick } as const

const metered = async () => {
  const broker = createMemoryBroker()
  const metrics = createMetrics('test')
  const meters = createLogMeters(metrics)
  const appender = await meterAppends(broker.eventLog(), meters).appender()
  const values = async () => {
    const lines = (await metrics.expose()).text.split('\n').filter((line) => /^heteroscale_log_(?!append_seconds_bucket)/.test(line))
    return Object.fromEntries(lines.map((line) => [line.replace(/,?service="test"|\{\}| .*/g, '').replace('{}', ''), Number(line.split(' ').at(-1))]))
  }
  return { broker, meters, appender, values }
}

test('acknowledged records are counted and their append is timed', async () => {
  const { appender, values } = await metered()
  await appender.append([record, record])
  expect(await values()).toMatchObject({ heteroscale_log_records_appended_total: 2, heteroscale_log_append_seconds_count: 1, 'heteroscale_log_append_failures_total{code="timeout"}': 0 })
})

test('a failure is counted by its code, and is the caller’s to handle', async () => {
  const { broker, appender, values } = await metered()
  broker.failNext({ error: portError('timeout', 'SLOW log: no answer') })
  await expect(appender.append([record])).rejects.toThrow('SLOW log')
  broker.failNext({ error: new Error('a bug') })
  await expect(appender.append([record])).rejects.toThrow('a bug')
  expect(await values()).toMatchObject({
    heteroscale_log_records_appended_total: 0,
    heteroscale_log_append_seconds_count: 0,
    'heteroscale_log_append_failures_total{code="timeout"}': 1,
    'heteroscale_log_append_failures_total{code="other"}': 1,
  })
})
