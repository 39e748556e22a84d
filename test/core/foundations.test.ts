/** Canonical JSON, SHA-256, ids and the ratio band: what everything else rests on. */
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalJson } from '../../core/canonical.ts'
import { decisionIdOf } from '../../core/ids.ts'
import { inBand } from '../../core/ratio-band.ts'
import { sha256 } from '../../core/sha256.ts'
import { fixed } from '../../core/units.ts'
import { sha256 as nodesSha256 } from '../../infra/simulation/sha256.ts'

describe('canonical JSON', () => {
  test('one value, one text, whatever the order of its keys', () =>
    expect(canonicalJson({ b: [1, { d: null, c: 'x' }], a: undefined })).toBe('{"b":[1,{"c":"x","d":null}]}'))
  test('zeros keep their sign', () => expect(canonicalJson([0, -0, JSON.parse(canonicalJson(-0))])).toBe('[0,-0,-0]'))
  test('a number that JSON would turn into null is a bug', () => expect(() => canonicalJson({ a: Number.NaN })).toThrow('BUG'))
  test('it reads back as the same value', () =>
    fc.assert(fc.property(fc.jsonValue(), (value) => {
      expect(canonicalJson(JSON.parse(canonicalJson(value)))).toBe(canonicalJson(value))
    })))
})

describe('SHA-256', () => {
  test('agrees with the platform on any text', () =>
    fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
      expect(sha256(text)).toBe(createHash('sha256').update(text).digest('hex'))
    })))
  test('and with what stands in its place in the simulation, also on texts of many blocks', () =>
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 2_000, size: 'max' }), (text) => {
      expect(nodesSha256(text)).toBe(sha256(text))
    })))
})

describe('ids', () => {
  const at = { logId: 'log-1', partition: 2, offset: 77 }
  test('a recreated topic cannot repeat an id', () =>
    expect(decisionIdOf(at, 'chat')).not.toBe(decisionIdOf({ ...at, logId: 'log-2' }, 'chat')))
  test('an id names its service', () => expect(decisionIdOf(at, 'chat-70b')).toMatch(/^chat-70b-[0-9a-f]{16}$/))
})

describe('the ratio band', () => {
  const three = { lo: 3, hi: 3 }
  test.each([
    [{ prefill: 0, decode: 0 }, true],
    [{ prefill: 3, decode: 0 }, true],
    [{ prefill: 4, decode: 0 }, false],
    [{ prefill: 0, decode: 1 }, true],
    [{ prefill: 6, decode: 1 }, true],
    [{ prefill: 7, decode: 1 }, false],
    [{ prefill: 0, decode: 2 }, false],
  ])('3:1 with one group of slack, %o', (counts, expected) => expect(inBand(counts, three)).toBe(expected))
  test('two groups have twice the slack', () => expect(inBand({ prefill: 6, decode: 0 }, three, 2)).toBe(true))
})

test('fixed point knows no negative zero', () => expect(Object.is(fixed(-1e-9), 0)).toBe(true))
