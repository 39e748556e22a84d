/** Every version of a subject reads every other; and the check that says so does bite. */
import { describe, expect, it } from 'vitest'
import { loadRegistry } from '../../adapters/kafka/registry.ts'
import { incompatibilities } from './compatibility.ts'

type Field = { name: string; type: unknown; default?: unknown; aliases?: string[] }

const version = (name: string, ...fields: Field[]) => ({ name, json: { type: 'record', name: 'Load', fields: [{ name: 'service', type: 'string' }, ...fields] } })
const tps: Field = { name: 'tps', type: ['null', 'double'], default: null }

describe('schemas of one subject', () => {
  const registry = loadRegistry()
  const subjects = new Set(registry.flatMap(({ subjects }) => subjects))

  it.each([...subjects])('are compatible in both directions over all versions: %s', (subject) => {
    const versions = registry.filter((entry) => entry.subjects.includes(subject)).map(({ file, json }) => ({ name: file, json }))
    expect(versions.length).toBeGreaterThan(0)
    expect(incompatibilities(versions)).toEqual([])
  })
})

describe('the compatibility check', () => {
  it('passes a field that was added with a default, and one that was removed with it', () => {
    expect(incompatibilities([version('v1'), version('v2', tps)])).toEqual([])
  })

  it('compares every pair, not only neighbours', () => {
    const required = { name: 'tps', type: ['null', 'double'] }
    const found = incompatibilities([version('v1'), version('v2', tps), version('v3', required)])
    expect(found).toEqual([expect.stringContaining('v3 cannot read v1')])
  })

  it.each([
    ['a field added without a default', version('v1'), version('v2', { name: 'zone', type: 'string' })],
    ['a nullable field made required', version('v1', tps), version('v2', { name: 'tps', type: 'double' })],
    ['a changed type', version('v1', { name: 'at', type: 'long' }), version('v2', { name: 'at', type: 'string' })],
    ['a narrowed number', version('v1', { name: 'at', type: 'long' }), version('v2', { name: 'at', type: 'int' })],
    ['a widened number, which old readers cannot take', version('v1', { name: 'at', type: 'int' }), version('v2', { name: 'at', type: 'long' })],
    ['a renamed field', version('v1', { name: 'load', type: 'double' }), version('v2', { name: 'tps', type: 'double' })],
    ['a new branch of a union', version('v1', { name: 'x', type: ['null', 'string'] }), version('v2', { name: 'x', type: ['null', 'string', 'double'] })],
    ['a changed item type', version('v1', { name: 'x', type: { type: 'array', items: 'string' } }), version('v2', { name: 'x', type: { type: 'array', items: 'double' } })],
    ['a renamed record', version('v1'), { name: 'v2', json: { type: 'record', name: 'Other', fields: [{ name: 'service', type: 'string' }] } }],
    [
      'a new enum symbol',
      version('v1', { name: 'x', type: { type: 'enum', name: 'Kind', symbols: ['A'] } }),
      version('v2', { name: 'x', type: { type: 'enum', name: 'Kind', symbols: ['A', 'B'] } }),
    ],
  ])('finds %s', (_, before, after) => {
    expect(incompatibilities([before, after])).not.toEqual([])
  })
})
