/**
 * A sub-cluster whose engines answer with real vLLM expositions, over the emulator's HTTP paths. Counters grow with time, as
 * those of an engine under steady load do; nothing is simulated, so that the collector is what is measured.
 */
import { createServer } from 'node:http'
import type { GroupStatus, InstanceStatus } from '../../core/ports.ts'
import { createCounters } from '../../simulator/engines/counters.ts'
import { engineMetrics } from '../../simulator/engines/exposition.ts'
import { observe } from '../../simulator/engines/histogram.ts'
import { serviceNames } from '../world/specification.ts'

const services = Number(process.argv[2])
const instancesPerService = Number(process.argv[3])

const server = createServer((request, response) => {
  const path = request.url ?? ''
  if (path.startsWith('/engines/')) return void response.setHeader('content-type', 'text/plain; version=0.0.4').end(page())
  response.setHeader('content-type', 'application/json').end(path.endsWith('/groups') ? groups() : '[]')
})

/** What an engine has counted since it began: 1,000 tokens and ten requests in each second. */
const startedAt = Date.now()
const page = (): string => {
  const seconds = (Date.now() - startedAt) / 1000
  const counters = createCounters()
  counters.promptTokens = Math.round(10_000 * seconds)
  counters.cachedPromptTokens = Math.round(5_000 * seconds)
  counters.generationTokens = Math.round(1_000 * seconds)
  counters.requestsSucceeded = Math.round(10 * seconds)
  observe(counters.timeToFirstToken, 0.3, counters.requestsSucceeded)
  observe(counters.interTokenLatency, 0.02, counters.generationTokens)
  observe(counters.timePerOutputToken, 0.02, counters.requestsSucceeded)
  observe(counters.queueTime, 0.1, counters.requestsSucceeded)
  return engineMetrics({ model: 'llama-3.1-70b-fp8', counters, gauges: { running: 40, waiting: 0, kvCacheUsage: 0.4 } })
}

const instanceOf = (service: string, index: number): InstanceStatus => ({
  instance: `${service}-${index}`,
  // One prefill to two decode.
  role: index % 3 === 0 ? 'prefill' : 'decode',
  node: null,
  gpuType: 'H20',
  phase: 'ready',
  registered: true,
  metricsUrl: `http://127.0.0.1:${port()}/engines/${service}-${index}/metrics`,
  createdAt: startedAt,
})

const groupOf = (service: string): GroupStatus => {
  const instances = Array.from({ length: instancesPerService }, (_, index) => instanceOf(service, index))
  const prefill = instances.filter(({ role }) => role === 'prefill').length
  const counts = { prefill, decode: instances.length - prefill }
  return {
    ...{ group: `${service}-0-0`, service, uid: `uid-${service}`, resourceVersion: '1', sequence: 0, intentId: '', decisionId: '' },
    domain: 'vdc-0/cluster-0/sub-a/s2-0',
    counts,
    gpuTypes: { prefill: 'H20', decode: 'H20' },
    gpusPerInstance: { prefill: 4, decode: 4 },
    registrationTarget: counts,
    band: { lo: 0.3, hi: 0.7 },
    instances,
  }
}

const port = (): number => {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

let known: string | null = null
const groups = (): string => (known ??= JSON.stringify({ complete: true, groups: serviceNames(services).map(groupOf) }))

server.listen(0, '127.0.0.1', () => console.log(`listening on ${port()}.`))
