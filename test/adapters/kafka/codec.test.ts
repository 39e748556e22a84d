/** The codec reads what avsc reads, and refuses what a hostile or broken producer can send (bad-input corpus, rows 24 to 42). */
import avro from 'avsc'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createCodec, maxEventBytes, UnknownSchema } from '../../../adapters/kafka/codec.ts'
import { measurementDecoders } from '../../../adapters/kafka/measurement-decoders.ts'
import { loadRegistry } from '../../../adapters/kafka/registry.ts'
import { parseSchema } from '../../../adapters/kafka/schema.ts'
import type { SchemaNode } from '../../../adapters/kafka/schema.ts'
import type { RegisteredSchema } from '../../../adapters/kafka/registry.ts'
import { compileDecoder } from '../../../adapters/kafka/wire-decoder.ts'
import { cursorOver, WireError } from '../../../adapters/kafka/wire-reader.ts'
import type { LogEvent } from '../../../core/events/event.ts'
import { isPortError } from '../../../core/port-error.ts'
import { samples } from '../../schemas/samples.ts'

const codec = createCodec()

const valuesOf = (node: SchemaNode): fc.Arbitrary<unknown> => {
  switch (node.kind) {
    case 'null':
      return fc.constant(null)
    case 'boolean':
      return fc.boolean()
    case 'int':
      return fc.integer()
    case 'long':
      return fc.integer({ min: 1 - 2 ** 52, max: 2 ** 52 - 1 })
    case 'double':
      return fc.double({ noNaN: true, noDefaultInfinity: true })
    case 'string':
      return fc.string({ unit: 'binary' })
    case 'array':
      return fc.array(valuesOf(node.items), { maxLength: 4 })
    case 'union':
      return fc.oneof(...node.branches.map(valuesOf))
    case 'record':
      return fc.record(Object.fromEntries(node.fields.map((field) => [field.name, valuesOf(field.node)])), { noNullPrototype: true })
  }
}

const frame = (id: number, body: Buffer): Buffer => {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(id, 1)
  return Buffer.concat([head, body])
}

/** What decoding did: the event, the code of a refusal, or whatever else was thrown. */
const outcome = (bytes: Buffer, from?: number, to?: number): unknown => {
  try {
    return codec.decode(bytes, from, to)
  } catch (error) {
    return error instanceof WireError ? error.code : error
  }
}

/** What an old record says in the words of the version that we write, as avsc itself would read it. */
const asWrittenNow = (entry: RegisteredSchema, type: avro.Type, bytes: Buffer, value: object): object => {
  const latest = loadRegistry().findLast(({ record }) => record === entry.record)
  if (latest === undefined || latest.version === entry.version) return value
  const reader = avro.Type.forSchema(latest.json as avro.Schema)
  return plain(reader.fromBuffer(bytes, reader.createResolver(type))) as object
}

/** Without avsc's classes. Not by JSON, which has no -0. */
const plain = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(plain)
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)])) : value
}

describe('the codec', () => {
  it.each(loadRegistry().map((entry) => [entry.file, entry] as const))('reads whatever avsc writes: %s', (_, entry) => {
    const type = avro.Type.forSchema(entry.json as avro.Schema)
    const name = entry.record.split('.').at(-1)
    fc.assert(
      fc.property(valuesOf(parseSchema(entry.json)), (value) => {
        const bytes = type.toBuffer(value)
        expect(codec.decode(frame(entry.id, bytes))).toStrictEqual({ type: name, ...asWrittenNow(entry, type, bytes, value as object) })
      }),
      { numRuns: 30 },
    )
  })

  it('answers any bytes with an event, a refusal with a code, or an unknown schema, and with nothing else', () => {
    const seeds = Object.values(samples).map((event) => codec.encode(event))
    const mutated = fc.tuple(fc.constantFrom(...seeds), fc.array(fc.tuple(fc.nat(2_000), fc.nat(255)), { minLength: 1, maxLength: 4 }), fc.nat(2_000)).map(
      ([seed, edits, cut]) => {
        const bytes = Buffer.from(seed)
        for (const [at, value] of edits) bytes[5 + (at % Math.max(1, bytes.length - 5))] = value
        return bytes.subarray(0, cut % 5 === 0 ? cut % bytes.length : bytes.length)
      },
    )
    fc.assert(
      fc.property(mutated, (bytes) => {
        const result = outcome(bytes)
        const refused = typeof result === 'string' && result.startsWith('E_EVENT_')
        expect(refused || result instanceof UnknownSchema || typeof (result as LogEvent).type === 'string').toBe(true)
        expect(result).not.toBeInstanceOf(RangeError)
      }),
      { numRuns: 2_000 },
    )
  })

  const tpsBytes = codec.encode(samples.TpsObserved)
  const tickBytes = codec.encode(samples.ClockTicked)
  const instancesBytes = codec.encode({ ...samples.InstancesObserved, groups: [] })
  const edit = (bytes: Buffer, change: (copy: Buffer) => void): Buffer => {
    const copy = Buffer.from(bytes)
    change(copy)
    return copy
  }
  /** 50 million as a zigzag varint, in place of an empty array's 0. */
  const fiftyMillion = Buffer.from([0x80, 0xc2, 0xd7, 0x2f])

  it.each([
    ['nothing', Buffer.alloc(0), 'E_EVENT_SHORT'],
    ['four bytes', Buffer.from([0, 0, 0, 0]), 'E_EVENT_SHORT'],
    ['JSON', Buffer.from('{"tps":1}'), 'E_EVENT_MAGIC'],
    ['an array that says 50 million, with nothing behind it', Buffer.concat([instancesBytes.subarray(0, -1), fiftyMillion]), 'E_EVENT_LIMIT'],
    ['a string of negative length', edit(tpsBytes, (copy) => (copy[5] = 0x01)), 'E_EVENT_TRUNCATED'],
    ['a string longer than the record', edit(tpsBytes, (copy) => (copy[5] = 0x7e)), 'E_EVENT_TRUNCATED'],
    ['NaN', edit(tpsBytes, (copy) => copy.writeDoubleLE(NaN, copy.length - 8)), 'E_EVENT_NOT_FINITE'],
    ['infinity', edit(tpsBytes, (copy) => copy.writeDoubleLE(Infinity, copy.length - 8)), 'E_EVENT_NOT_FINITE'],
    ['a boolean byte of 7', edit(tickBytes, (copy) => (copy[copy.length - 7] = 7)), 'E_EVENT_BOOL'],
    ['a union branch that does not exist', edit(tpsBytes, (copy) => (copy[copy.length - 9] = 4)), 'E_EVENT_ENUM'],
    ['a long beyond 2^53', Buffer.concat([tickBytes.subarray(0, -6), Buffer.from([0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f])]), 'E_EVENT_RANGE'],
    ['trailing bytes', Buffer.concat([tpsBytes, Buffer.from([0])]), 'E_EVENT_TRAILING'],
    ['2 MB', Buffer.concat([tpsBytes, Buffer.alloc(2 * maxEventBytes)]), 'E_EVENT_LIMIT'],
  ])('refuses %s', (_, bytes, code) => {
    expect(outcome(bytes)).toBe(code)
  })

  it('refuses a truncated record at every length', () => {
    for (let length = 5; length < tpsBytes.length; length += 1) expect(outcome(tpsBytes.subarray(0, length))).toBe('E_EVENT_TRUNCATED')
  })

  it('reads a value between two others, and never past its end', () => {
    for (const bytes of Object.values(samples).map((event) => codec.encode(event))) {
      const among = Buffer.concat([tpsBytes, bytes, tpsBytes])
      const [from, to] = [tpsBytes.length, tpsBytes.length + bytes.length]
      expect(codec.decode(among, from, to)).toStrictEqual(codec.decode(bytes))
      for (let end = from; end < to; end += 1) expect(outcome(among, from, end)).toEqual(outcome(among.subarray(from, end)))
    }
  })

  it('has what measures a fleet written out, and says of it what the schema says', () => {
    const measurements = loadRegistry().filter(({ file }) => /^(tps|latency|hardware|cache|instances)-observed|^collector-heartbeat/.test(file))
    expect(measurements.map(({ sha256 }) => sha256).sort()).toEqual([...measurementDecoders.keys()].sort())
    for (const { sha256, json, record } of measurements) {
      const [schema, type] = [parseSchema(json), record.split('.').at(-1)]
      const bytes = codec.encode(samples[type as 'TpsObserved']).subarray(5)
      const [writtenOut, made] = [measurementDecoders.get(sha256)?.(cursorOver(bytes)), compileDecoder(schema, schema)(cursorOver(bytes), { type })]
      expect(JSON.stringify(writtenOut)).toBe(JSON.stringify(made))
    }
  })

  it('tells an unknown schema from bad bytes', () => {
    expect(outcome(frame(9_999, Buffer.alloc(3)))).toMatchObject({ name: 'UnknownSchema', id: 9_999 })
  })

  it('reads arrays in blocks that carry their size, as Java may write them', () => {
    const item = Buffer.from([0x02, 0x61])
    const schema = parseSchema({ type: 'record', name: 'R', fields: [{ name: 'x', type: { type: 'array', items: 'string' } }] })
    const blocks = Buffer.concat([Buffer.from([0x01, 0x04]), item, Buffer.from([0x02]), item, Buffer.from([0x00])])
    expect(compileDecoder(schema, schema)(cursorOver(blocks), {})).toEqual({ x: ['a', 'a'] })
  })

  it.each([
    ['NaN', { ...samples.TpsObserved, tps: NaN }],
    ['infinity', { ...samples.TpsObserved, tps: Infinity }],
    ['a fraction of an instance', { ...samples.TpsObserved, instancesHeard: 1.5 }],
    ['a time beyond 2^53', { ...samples.TpsObserved, windowEndMs: 2 ** 60 }],
    ['a time whose sign avsc would lose', { ...samples.TpsObserved, windowEndMs: -(2 ** 52) - 1 }],
    ['more than 1 MB', { ...samples.SnapshotTaken, state: 'x'.repeat(maxEventBytes) }],
    ['a number where a string belongs', { ...samples.ClockTicked, logId: 7 as unknown as string }],
  ])('does not write %s', (_, event) => {
    const refused = ((): unknown => {
      try {
        return codec.encode(event)
      } catch (error) {
        return error
      }
    })()
    expect(isPortError(refused, 'invalid')).toBe(true)
  })

  it('writes null for a load field that is absent, and ignores what the schema does not know', () => {
    const { tps: _, ...rest } = samples.TpsObserved
    expect(codec.decode(codec.encode({ ...rest, extra: 1 } as unknown as LogEvent))).toStrictEqual({ ...samples.TpsObserved, tps: null })
  })
})

describe('schema evolution', () => {
  const record = (...fields: object[]) => parseSchema({ type: 'record', name: 'R', fields: [{ name: 'a', type: 'int' }, ...fields] })
  const zone = { name: 'zone', type: ['null', 'string'], default: null }
  const tags = { name: 'tags', type: { type: 'array', items: 'string' }, default: [] }

  it('gives an old record the defaults of new fields', () => {
    expect(compileDecoder(record(), record(zone, tags))(cursorOver(Buffer.from([0x02])), {})).toEqual({ a: 1, zone: null, tags: [] })
  })

  it('skips what a newer writer added', () => {
    const bytes = Buffer.from([0x02, 0x02, 0x02, 0x78])
    const cursor = cursorOver(bytes)
    expect(compileDecoder(record(zone), record())(cursor, {})).toEqual({ a: 1 })
    expect(cursor.at).toBe(4)
  })

  it('promotes int to long and double, and T to nullable T', () => {
    const nullable = parseSchema({ type: 'record', name: 'R', fields: [{ name: 'a', type: ['null', 'double'], default: null }] })
    expect(compileDecoder(record(), nullable)(cursorOver(Buffer.from([0x02])), {})).toEqual({ a: 1 })
  })

  it('refuses to load versions that cannot be read', () => {
    expect(() => compileDecoder(record(), record({ name: 'b', type: 'string' }))).toThrow('field b was added without a default')
    expect(() => compileDecoder(record(), parseSchema({ type: 'record', name: 'R', fields: [{ name: 'a', type: 'string' }] }))).toThrow('int cannot be read as string')
  })
})
