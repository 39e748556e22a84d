/** Keys fall into the partitions that every Kafka client computes. */
import { createRequire } from 'node:module'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { murmur2, partitionOfKey } from '../../core/murmur2.ts'

const ofKafkajs = createRequire(import.meta.url)('kafkajs/src/producer/partitioners/default/murmur2.js') as (key: string) => number

describe('murmur2', () => {
  // From the tests of the Java client (org.apache.kafka.common.utils.UtilsTest).
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ])('hashes %s as the Java client does', (key, hash) => {
    expect(murmur2(key)).toBe(hash)
  })

  it('agrees with kafkajs on any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (key) => murmur2(key) === ofKafkajs(key)))
  })

  it('gives a partition that exists', () => {
    fc.assert(fc.property(fc.string(), fc.integer({ min: 1, max: 1_000 }), (key, partitions) => {
      const partition = partitionOfKey(key, partitions)
      return partition >= 0 && partition < partitions
    }))
  })
})
