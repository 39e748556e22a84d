/** Bench (b): what a scraped instance and a published record cost the collector, on a real broker. */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { createKafkaEventLog } from '../adapters/kafka/event-log.ts'
import { ensureTopics } from '../adapters/kafka/topics.ts'
import type { OutRecord } from '../core/ports.ts'
import type { ServerHandle } from '../infra/local/process.ts'
import type { BenchContext } from './context.ts'
import { withKafka } from './context.ts'
import { cpuSecondsOf } from './process-cpu.ts'
import { thisProduct, type Product } from './product.ts'
import { compiled, fromSource, logFolder, pidOf, startProgram, untilMarked } from './program.ts'
import { significant, type Measured, type Numbers } from './result.ts'
import { median } from './statistics.ts'
import { configured, serviceNames } from './world/specification.ts'

export type CollectorSizes = {
  readonly services: number
  readonly instancesPerService: number
  readonly intervalMs: number
  /** Length of one round. */
  readonly seconds: number
}

/** One collector runs all the time; a round is a window of its life, after a first one that warms it up. */
export const benchCollector = (context: BenchContext, sizes: CollectorSizes): Promise<Measured> =>
  withKafka(context, async (brokers) => {
    const collector = await openCollector(brokers, sizes)
    try {
      const rounds: Numbers[] = []
      for (let round = 0; round <= context.rounds; round++) {
        const measuredRound = await collector.window()
        if (round > 0) rounds.push(measuredRound)
        context.onProgress(`round ${round}: ${JSON.stringify(measuredRound)}`)
      }
      return measured(sizes, rounds)
    } finally {
      await collector.stop()
    }
  })

export type RunningCollector = { window(): Promise<Numbers>; stop(): Promise<void> }

/** A product's collector at work, with engines of its own to scrape. */
export const openCollector = async (brokers: readonly string[], sizes: CollectorSizes, { root }: Pick<Product, 'root'> = thisProduct): Promise<RunningCollector> => {
  const prefix = `bench-${randomBytes(4).toString('hex')}`
  await acceptServices({ brokers, clientId: 'bench', topicPrefix: prefix }, sizes.services)
  const dir = logFolder()
  const stub = startProgram(dir, { name: 'engine-stub', args: [...fromSource('engine-stub.ts'), String(sizes.services), String(sizes.instancesPerService)], env: {} })
  await untilMarked(stub, 'listening on')
  const collector = startCollector(dir, { brokers, prefix, stub, sizes, root })
  const url = await listening(collector)
  return {
    window: () => window({ url, pid: pidOf(collector) }, sizes),
    stop: async () => {
      await collector.stop()
      await stub.stop()
    },
  }
}

/** The collector collects for accepted services only. */
const acceptServices = async (kafka: { brokers: readonly string[]; clientId: string; topicPrefix: string }, services: number): Promise<void> => {
  await ensureTopics(kafka)
  const eventLog = createKafkaEventLog(kafka)
  const appender = await eventLog.appender()
  const accepted = serviceNames(services).map((service): OutRecord => {
    const { manifest, generation, time } = configured(service, Date.now())
    const event = { type: 'ServiceAccepted', service, generation, accepted: true, message: '', manifest, policyHash: '', conditions: [], time } as const
    return { topic: 'services', key: service, event }
  })
  await appender.append(accepted)
  await eventLog.close()
}

type Setting = { readonly brokers: readonly string[]; readonly prefix: string; readonly stub: ServerHandle; readonly sizes: CollectorSizes; readonly root: string }

const startCollector = (dir: string, { brokers, prefix, stub, sizes, root }: Setting): ServerHandle => {
  const port = /listening on (\d+)\./.exec(readFileSync(stub.logFile, 'utf8'))?.[1] ?? ''
  return startProgram(dir, {
    name: 'collector',
    args: compiled('services/collector/main.js', root),
    env: {
      KAFKA_BROKERS: brokers.join(','),
      HETEROSCALE_TOPIC_PREFIX: prefix,
      HETEROSCALE_HTTP_PORT: '0',
      HETEROSCALE_SUB_CLUSTERS: `sub-a=http://127.0.0.1:${port}`,
      HETEROSCALE_SCRAPE_INTERVAL_MS: String(sizes.intervalMs),
      HETEROSCALE_SCRAPE_DEADLINE_MS: '10000',
    },
  })
}

/** The base URL that the collector's own log names. */
const listening = async (collector: ServerHandle): Promise<string> => {
  await untilMarked(collector, '"msg":"started"')
  const url = /"address":"([^"]+)"/.exec(readFileSync(collector.logFile, 'utf8'))?.[1]
  if (url === undefined) throw new Error(`BENCH_PROCESS collector: its log names no address: ${collector.logFile}`)
  return url
}

/** Counters and CPU time at the ends of a window. The window's own two requests cost some milliseconds. */
const window = async (at: { readonly url: string; readonly pid: number }, { seconds }: CollectorSizes): Promise<Numbers> => {
  const before = await reading(at)
  await delay(seconds * 1000)
  const after = await reading(at)
  const cpuSeconds = after.cpuSeconds - before.cpuSeconds
  const scraped = after.scraped - before.scraped
  const published = after.published - before.published
  if (scraped === 0 || published === 0) throw new Error(`BENCH_COLLECTOR ${at.url}: got ${scraped} scrapes and ${published} records in ${seconds} s; nothing was measured`)
  return {
    scraped,
    failed: after.failed - before.failed,
    published,
    cpuSeconds: significant(cpuSeconds),
    coresBusy: significant(cpuSeconds / seconds, 3),
    instancesPerSecondAndCore: significant(scraped / cpuSeconds),
    recordsPerSecondAndCore: significant(published / cpuSeconds),
    cpuMicrosPerInstance: significant((cpuSeconds * 1e6) / scraped),
  }
}

type Reading = { readonly cpuSeconds: number; readonly scraped: number; readonly failed: number; readonly published: number }

const reading = async ({ url, pid }: { readonly url: string; readonly pid: number }): Promise<Reading> => {
  const text = await (await fetch(`${url}/metrics`)).text()
  const value = (name: string, label = ''): number => {
    const line = text.split('\n').find((candidate) => candidate.startsWith(name) && candidate.includes(label))
    return Number(line?.split(' ').at(-1) ?? 0)
  }
  return {
    cpuSeconds: cpuSecondsOf(pid),
    scraped: value('heteroscale_collector_scrapes_total', 'outcome="ok"'),
    failed: value('heteroscale_collector_scrapes_total', 'outcome="failed"'),
    published: value('heteroscale_collector_records_published_total'),
  }
}

const measured = ({ services, instancesPerService, intervalMs, seconds }: CollectorSizes, rounds: readonly Numbers[]): Measured => {
  const names = ['instancesPerSecondAndCore', 'recordsPerSecondAndCore', 'cpuMicrosPerInstance', 'coresBusy']
  const figures = Object.fromEntries(names.map((name) => [name, median(rounds.map((round) => round[name] ?? Number.NaN))]))
  return {
    what:
      'The real collector scrapes one sub-cluster whose engines answer with real vLLM expositions and publishes to a real broker: instances ' +
      'scraped, and records published, per second of its CPU time (all threads); both are paid from the same second',
    parameters: { services, instances: services * instancesPerService, intervalMs, secondsPerRound: seconds },
    rounds,
    figures,
    goals: [],
  }
}
