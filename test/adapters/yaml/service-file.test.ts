/** Texts that are no service file, and what a user is told; and the example that must stay valid. */
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readServiceFile } from '../../../adapters/yaml/service-file.ts'
import { showFault, showFaultIn } from '../../../core/service/fault.ts'

const example = readFileSync(new URL('../../../docs/examples/chat-70b.yaml', import.meta.url), 'utf8')
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

const messages = (text: string | Uint8Array): readonly string[] => {
  const result = readServiceFile(typeof text === 'string' ? bytes(text) : text)
  return result.ok ? [] : result.faults.map(showFaultIn('chat.yaml'))
}

test('the example that is shipped is valid, also with a byte order mark and Windows line ends', () => {
  expect(messages(example)).toEqual([])
  expect(messages(`\ufeff${example.replaceAll('\n', '\r\n')}`)).toEqual([])
})

test('the same service as JSON is valid', () => {
  const read = readServiceFile(bytes(example))
  expect(read.ok && readServiceFile(bytes(JSON.stringify(read.manifest, null, '\t')))).toEqual(read)
})

const rows: readonly (readonly [title: string, text: string | Uint8Array, message: string])[] = [
  ['an empty file', '', 'E_SPEC_EMPTY chat.yaml: no document; one service'],
  ['only comments', '# nothing\n', 'E_SPEC_EMPTY chat.yaml: no document; one service'],
  ['two document marks', '---\n---\n', 'E_SPEC_EMPTY chat.yaml: no document; one service'],
  ['two documents', 'a: 1\n---\nb: 2\n', 'E_SPEC_DOCUMENTS chat.yaml: 2 documents; one service a file (split the file at `---`)'],
  ['a duplicate key', 'a: 1\na: 2\n', 'E_SPEC_DUPLICATE chat.yaml:2:1: Map keys must be unique; YAML 1.2 or JSON without duplicate keys, aliases and tags (remove one of the two)'],
  ['a duplicate key in JSON', '{"a":1,"a":2}', 'E_SPEC_DUPLICATE chat.yaml:1:8: Map keys must be unique; YAML 1.2 or JSON without duplicate keys, aliases and tags (remove one of the two)'],
  ['an alias', 'a: &x 1\nb: *x\n', 'E_SPEC_ALIAS chat.yaml:1:7: &x; no anchors: write the value again'],
  ['a tag of another language', 'a: !!js/function x\n', 'E_SPEC_TAG chat.yaml:1:4: Unresolved tag: tag:yaml.org,2002:js/function; YAML 1.2 or JSON without duplicate keys, aliases and tags (write the value without a tag)'],
  ['a tag of YAML', 'a: !!str 5\n', 'E_SPEC_TAG chat.yaml:1:10: "tag:yaml.org,2002:str"; values without tags'],
  ['a list as a key', '? [a, b]\n: 1\n', 'E_SPEC_TYPE chat.yaml:1:3: a list or map as a key; words as keys'],
  ['a number with a leading zero', 'a: 010\n', 'E_SPEC_INT chat.yaml:1:4: 010; plain decimal digits'],
  ['a number with an exponent', 'a: 1e3\n', 'E_SPEC_INT chat.yaml:1:4: 1e3; plain decimal digits'],
  ['20,000 brackets', '['.repeat(20_000), 'E_SPEC_DEPTH chat.yaml:1: more than 256 opening brackets; at most 256'],
  ['60,000 brackets, which would end the process', '['.repeat(60_000), 'E_SPEC_DEPTH chat.yaml:1: more than 256 opening brackets; at most 256'],
  ['brackets over many lines', '[\n'.repeat(10_000), 'E_SPEC_DEPTH chat.yaml:257: more than 256 opening brackets; at most 256'],
  ['brackets beside quoted closing ones', '[ "]", '.repeat(8_000), 'E_SPEC_DEPTH chat.yaml:1: more than 256 opening brackets; at most 256'],
  ['20,000 list marks', '- '.repeat(20_000), 'E_SPEC_DEPTH chat.yaml:1: 20000 list or key marks in a line; at most 32'],
  ['list marks with anchors between them', '- &a '.repeat(10_000), 'E_SPEC_DEPTH chat.yaml:1: 10000 list or key marks in a line; at most 32'],
  ['deep indentation', `${' '.repeat(200)}a: 1\n`, 'E_SPEC_DEPTH chat.yaml:1: 200 columns of indentation; at most 128'],
  ['a directive', '%YAML 1.1\n---\na: 1\n', 'E_SPEC_SYNTAX chat.yaml:1: a YAML directive; plain YAML 1.2 or JSON'],
  ['50 MB', new Uint8Array(50_000_000).fill(32), 'E_SPEC_SIZE chat.yaml: 50000000 bytes; at most 65536 bytes'],
  ['UTF-16', Uint8Array.of(0xff, 0xfe, 0x61, 0), 'E_SPEC_ENCODING chat.yaml: UTF-16; UTF-8'],
  ['bytes that are no text', Uint8Array.of(0x61, 0x3a, 0x20, 0xff), 'E_SPEC_ENCODING chat.yaml: bytes that are not UTF-8; UTF-8'],
]

describe('a text that is no service file', () => {
  test.each(rows)('%s', (_title, text, message) => {
    expect(messages(text)[0]).toBe(message)
  })

  test.each([
    ['a tab as indentation', 'spec:\n\tcell: a\n', 2, 'indent with spaces', '→cell: a\n^'],
    ['an unclosed quote', 'metadata:\n  name: "chat\n', 2, 'Missing closing "quote', '  name: "chat'],
  ])('%s is shown with line, column and caret', (_title, text, line, words, excerpt) => {
    const result = readServiceFile(bytes(text))
    const fault = result.ok ? undefined : result.faults[0]
    expect(fault).toMatchObject({ code: 'E_SPEC_SYNTAX', line })
    expect(fault === undefined ? '' : showFault(fault)).toContain(words)
    expect(fault?.excerpt).toContain(excerpt)
    expect(fault?.excerpt).toMatch(/\^$/)
  })
})

describe('a mistake inside the example', () => {
  const lineWith = (text: string, words: string): number => text.split('\n').findIndex((line) => line.includes(words)) + 1

  test('is reported with its line', () => {
    const text = example.replace('minReplicas: 2', 'minReplicas: .inf')
    expect(messages(text)).toEqual([
      `E_SPEC_NOT_FINITE chat.yaml:${lineWith(text, '.inf')} spec.roles.prefill.minReplicas: Infinity; a whole number 1 to 100000`,
    ])
  })

  test('a missing key is reported at the map that lacks it', () => {
    const text = example.replace(/^.*ttftMsP95.*\n/m, '')
    expect(messages(text)).toEqual([
      `E_SPEC_REQUIRED chat.yaml:${lineWith(text, 'tbtMsP95: 40')} spec.slo.ttftMsP95: nothing; a number above 0 up to 600000`,
    ])
  })

  test('a look-alike letter is shown escaped', () => {
    const [message] = messages(example.replace('minReplicas: 2', 'minReplic\u0430s: 2'))
    expect(message).toContain('"minReplic\\u0430s"')
    expect(message).toContain('did you mean minReplicas?')
  })
})

describe('whatever is thrown at it', () => {
  const lines = example.split('\n')
  const noise = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.constantFrom('- ', '? ', ': ', '[', '{', '&a ', '*a', '!!x ', '"', "'", '|\n', '#', '\t', '<<: ', '---\n'))

  test('it answers with a manifest or with faults, and never throws', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 500 }), (input) => {
      const result = readServiceFile(input)
      expect(result.ok || result.faults.length > 0).toBe(true)
    }))
  })

  test('also when it is the example with a line broken by noise', () => {
    fc.assert(fc.property(fc.nat(lines.length - 1), fc.array(noise, { maxLength: 6 }), fc.nat(30), (at, parts, column) => {
      const broken = lines.with(at, `${lines[at]?.slice(0, column)}${parts.join('')}${lines[at]?.slice(column)}`)
      const result = readServiceFile(bytes(broken.join('\n')))
      expect(result.ok || result.faults.every((fault) => fault.code.startsWith('E_SPEC_'))).toBe(true)
    }), { numRuns: 300 })
  })
})
