/** The bytes of every record type are fixed: what was written once can be read for ever, and is written the same again. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createCodec, writtenVersions } from '../../adapters/kafka/codec.ts'
import { samples } from './samples.ts'

const golden = JSON.parse(readFileSync(new URL('golden.json', import.meta.url), 'utf8')) as { [name: string]: string }
const codec = createCodec()
const cases = Object.values(samples).map((event) => [event.type, event] as const)

describe('golden bytes', () => {
  it.each(cases)('of %s are what we write', (type, event) => {
    expect(codec.encode(event).toString('hex')).toBe(golden[`${type}.v${writtenVersions[type]}`])
  })

  it.each(cases)('of %s read as the same event, as a plain object', (type, event) => {
    expect(codec.decode(Buffer.from(golden[`${type}.v${writtenVersions[type]}`] ?? '', 'hex'))).toStrictEqual(event)
  })

  it('of older versions still read', () => {
    for (const [name, hex] of Object.entries(golden)) expect(codec.decode(Buffer.from(hex, 'hex')).type, name).toBe(name.split('.')[0])
  })
})
