/** kafkajs reads headers when they are asked for, and then as it always did. */
import { createRequire } from 'node:module'
import { types } from 'node:util'
import fc from 'fast-check'
import type { IHeaders } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { decodeHeadersLazily } from '../../../adapters/kafka/lazy-headers.ts'

type Reading = { readonly key: Buffer; readonly value: Buffer; readonly offset: string; readonly headers: IHeaders }
type DecoderClass = new (buffer: Buffer) => { readVarIntBytes(): Buffer }

const load = createRequire(import.meta.url)
const encodeRecord = load('kafkajs/src/protocol/recordBatch/record/v0/index.js') as (record: object) => { readonly buffer: Buffer }
const decodeRecord = load('kafkajs/src/protocol/recordBatch/record/v0/decoder.js') as (decoder: object, context: object) => Reading
const Decoder = load('kafkajs/src/protocol/decoder.js') as DecoderClass

const context = { firstOffset: '7', firstTimestamp: '1800000000000', magicByte: 2 }

const readBack = (headers: object): Reading => {
  const { buffer } = encodeRecord({ offsetDelta: 3, timestampDelta: 0, key: 'chat', value: Buffer.from('said'), headers })
  return decodeRecord(new Decoder(new Decoder(buffer).readVarIntBytes()), context)
}

const texts = (headers: IHeaders): object => JSON.parse(JSON.stringify(headers)) as object
const header = fc.oneof(fc.string(), fc.array(fc.string(), { minLength: 2, maxLength: 3 }))
const anyHeaders = fc.array(fc.dictionary(fc.string({ minLength: 1 }), header, { maxKeys: 8 }), { minLength: 40, maxLength: 40 })

describe('headers', () => {
  const samples = fc.sample(anyHeaders, { numRuns: 1, seed: 7 })[0] ?? []
  // Read before the cure: what kafkajs itself makes of them.
  const before = samples.map((headers) => texts(readBack(headers).headers))
  decodeHeadersLazily()
  decodeHeadersLazily()

  it('say what kafkajs says, once they are asked for', () => {
    expect(samples.map((headers) => texts(readBack(headers).headers))).toEqual(before)
    const { headers } = readBack({ ce_type: 'TpsObserved', twice: ['a', 'b'] })
    expect(Object.keys(headers)).toEqual(['ce_type', 'twice'])
    expect('ce_type' in headers && !('ce_id' in headers)).toBe(true)
    expect(String(headers['ce_type'])).toBe('TpsObserved')
    expect({ ...headers }).toEqual({ ce_type: Buffer.from('TpsObserved'), twice: [Buffer.from('a'), Buffer.from('b')] })
  })

  it('are not decoded before, and the rest of the record is', () => {
    const record = readBack({ ce_type: 'TpsObserved' })
    expect([String(record.key), String(record.value), record.offset]).toEqual(['chat', 'said', '10'])
    expect(types.isProxy(record.headers)).toBe(true)
  })
})
