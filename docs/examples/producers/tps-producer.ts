/**
 * A gateway in Node that tells HeteroScale how many tokens per second leave its engines.
 *
 *   KAFKA_BROKERS=127.0.0.1:9092 npx tsx docs/examples/producers/tps-producer.ts chat-70b 4 9600
 *
 * Arguments: service, registered decode instances, and the throughput that stands for what a real gateway counts.
 */
import { createMetricsProducer } from 'heteroscale/producer'

const [service = 'chat-70b', instances = '4', throughput = '9600', samples = 'Infinity'] = process.argv.slice(2)

/** Tokens per second since `since`, or null when they could not be counted. Never 0 for that. */
const measure = (_since: number): number | null => Number(throughput)

const producer = await createMetricsProducer({
  brokers: (process.env['KAFKA_BROKERS'] ?? '127.0.0.1:9092').split(','),
  topicPrefix: process.env['HETEROSCALE_TOPIC_PREFIX'] ?? 'heteroscale',
  source: 'node-gateway/*',
})

let windowStartMs = Date.now()
for (let sample = 0; sample < Number(samples); sample += 1) {
  await new Promise((resolve) => setTimeout(resolve, 1000))
  const windowEndMs = Date.now()
  const tps = measure(windowStartMs)
  const delivery = await producer.observe({
    service,
    role: 'decode',
    windowStartMs,
    windowEndMs,
    instancesHeard: tps === null ? 0 : Number(instances),
    instancesRegistered: Number(instances),
    tps,
  })
  console.log(JSON.stringify(delivery))
  windowStartMs = windowEndMs
}
await producer.close()
