/** The schemas follow the rules of a log of measurements; and each rule does bite. */
import { describe, expect, it } from 'vitest'
import { loadRegistry } from '../../adapters/kafka/registry.ts'
import { parseSchema } from '../../adapters/kafka/schema.ts'
import { lintSchema } from './lint.ts'

const withField = (field: object) => ({ type: 'record', name: 'Load', doc: 'A load.', fields: [{ name: 'x', doc: 'A field.', ...field }] })

describe('each schema', () => {
  it.each(loadRegistry().map((entry) => [entry.file, entry.json]))('%s keeps the rules', (_, json) => {
    expect(lintSchema(json)).toEqual([])
    expect(() => parseSchema(json)).not.toThrow()
  })
})

describe('the rules', () => {
  it('pass a nullable double with default null', () => {
    expect(lintSchema(withField({ type: ['null', 'double'], default: null }))).toEqual([])
  })

  it.each([
    ['a numeric default', { type: 'double', default: 0 }, 'Load.x: default 0; a missing field must not read as a value'],
    ['a boolean default', { type: 'boolean', default: false }, 'Load.x: default false'],
    ['a required measurement', { type: 'double' }, 'Load.x: a measured double must be ["null", "double"]'],
    ['a nullable field without default', { type: ['null', 'string'] }, 'Load.x: a nullable field needs the default null'],
    ['two numeric branches', { type: ['null', 'int', 'double'], default: null }, 'Load.x: union ["null","int","double"]'],
    ['an enum', { type: { type: 'enum', name: 'Kind', symbols: ['A'] } }, 'Load.x: enum is not allowed'],
    ['a map', { type: { type: 'map', values: 'string' } }, 'Load.x: map is not allowed'],
    ['bytes', { type: 'bytes' }, 'Load.x: bytes is not allowed'],
    ['an array of null', { type: { type: 'array', items: 'null' } }, 'Load.x: an array of null'],
    ['an array of an empty record', { type: { type: 'array', items: { type: 'record', name: 'Empty', doc: '', fields: [] } } }, 'Empty: has no fields'],
    ['a missing doc', { type: 'string', doc: undefined }, 'Load.x: has no doc'],
    ['a numeric default deep inside', { type: { type: 'array', items: { type: 'record', name: 'Item', doc: '', fields: [{ name: 'y', doc: '', type: 'int', default: 1 }] } } }, 'Item.y: default 1'],
  ])('find %s', (_, field, finding) => {
    expect(lintSchema(withField(field)).join('\n')).toContain(finding)
  })

  it('are backed by the decoder, which refuses to load what it could not read safely', () => {
    for (const type of [{ type: 'map', values: 'string' }, { type: 'enum', name: 'K', symbols: ['A'] }, 'bytes', { type: 'array', items: 'null' }, 'Load']) {
      expect(() => parseSchema(withField({ type }))).toThrow(/^Schema: /)
    }
  })
})
