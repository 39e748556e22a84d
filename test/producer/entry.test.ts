/** The package entry `heteroscale/producer`: what it offers, what its types say, and that it refuses before it connects. */
import { existsSync, readFileSync } from 'node:fs'
import { expect, expectTypeOf, test } from 'vitest'
import * as entry from '../../producer/index.ts'
import type { CacheObservation, Delivery, HardwareObservation, LatencyObservation, MetricsProducer, Observation, TpsObservation } from '../../producer/index.ts'

const root = new URL('../../', import.meta.url)

test('offers one function; everything else is a type', () => {
  expect(Object.keys(entry)).toEqual(['createMetricsProducer'])
})

test('the package names the compiled form of this source, with its types', () => {
  const { exports } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as { readonly exports: { readonly './producer': Record<string, string> } }
  expect(exports['./producer']).toEqual({ types: './dist/producer/index.d.ts', default: './dist/producer/index.js' })
  expect(existsSync(new URL('producer/index.ts', root))).toBe(true)
})

test.each(['gateway', 'Gateway/sub-a', 'gateway/sub-a/more', '', '*/sub-a'])('the source %j is refused before anything is connected', async (source) => {
  const refused = entry.createMetricsProducer({ brokers: ['127.0.0.1:1'], source })
  await expect(refused).rejects.toMatchObject({ code: 'invalid', message: expect.stringContaining('nothing was connected') as string })
})

const window = { service: 'chat', role: 'decode', windowStartMs: 0, windowEndMs: 5_000, instancesHeard: 4, instancesRegistered: 4 } as const

test('an observation has all its fields, and its source and type are the producer’s affair', () => {
  expectTypeOf<MetricsProducer['observe']>().parameters.toEqualTypeOf<[Observation]>()
  expectTypeOf<MetricsProducer['observe']>().returns.toEqualTypeOf<Promise<Delivery>>()
  expectTypeOf({ ...window, tps: 9_600 }).toExtend<TpsObservation>()
  expectTypeOf({ ...window, ttftMsP95: 310, tbtMsP95: null, requests: 12 }).toExtend<LatencyObservation>()
  expectTypeOf({ ...window, kvCacheUsage: 0.4, hitRate: null, queueDepth: 3, requestsRunning: 9 }).toExtend<CacheObservation>()
  expectTypeOf({ ...window, gpuUtilisation: 0.9, smActivity: null }).toExtend<HardwareObservation>()
})

test('what was not observed is null: it cannot be left out, and a role is one that exists', () => {
  expectTypeOf<TpsObservation['tps']>().toEqualTypeOf<number | null>()
  expectTypeOf(window).not.toExtend<Observation>()
  expectTypeOf({ ...window, role: 'decoder', tps: 1 } as const).not.toExtend<Observation>()
  expectTypeOf({ ...window, tps: '9600' }).not.toExtend<Observation>()
  expectTypeOf<'source' | 'type'>().not.toExtend<keyof TpsObservation>()
})

test('a delivery says what became of it', () => {
  expectTypeOf<Delivery['outcome']>().toEqualTypeOf<'acknowledged' | 'refused' | 'dropped'>()
})
