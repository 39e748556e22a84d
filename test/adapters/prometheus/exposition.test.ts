/** The corpus of bad expositions: each once fooled a lenient reader into a number. */
import { describe, expect, test } from 'vitest'
import { readExposition } from '../../../adapters/prometheus/exposition.ts'

const only = (text: string) => readExposition(text).samples

describe('a well-formed exposition', () => {
  test('names, labels, exponents, timestamps, comments and exemplars', () => {
    const text = [
      '# HELP q A queue.',
      '# TYPE q gauge',
      'q{role="decode",pool="a,b}"} 1.5e3 1700000000000',
      'plain 7',
      'bucket{le="+Inf",} 3 # {trace="1"} 0.5',
      'escaped{path="C:\\\\x\\n\\"y\\""} -0.25',
    ].join('\n')
    expect(only(text)).toEqual([
      { name: 'q', labels: { role: 'decode', pool: 'a,b}' }, value: 1500 },
      { name: 'plain', labels: {}, value: 7 },
      { name: 'bucket', labels: { le: '+Inf' }, value: 3 },
      { name: 'escaped', labels: { path: 'C:\\x\n"y"' }, value: -0.25 },
    ])
  })

  test('line ends of Windows are line ends', () => expect(only('a 1\r\nb 2\r\n')).toHaveLength(2))
})

describe('a scrape that is refused as a whole', () => {
  test.each([
    ['an empty body', '', 'E_METRIC_EMPTY'],
    ['only comments', '# TYPE q gauge\n', 'E_METRIC_EMPTY'],
    ['a login page', '<html><body>Please log in</body></html>', 'E_METRIC_SYNTAX'],
    ['a missing value, which Number() takes for 0', 'q ', 'E_METRIC_SYNTAX'],
    ['an unterminated label, which a reader takes for 0', 'q{a="x} 1', 'E_METRIC_SYNTAX'],
    ['a number with a tail, which parseFloat takes for 12', 'q 12abc', 'E_METRIC_SYNTAX'],
    ['an underscore, which parseFloat takes for 1', 'q 1_000', 'E_METRIC_SYNTAX'],
    ['a hexadecimal number, which Number() takes for 16', 'q 0x10', 'E_METRIC_SYNTAX'],
    ['a label named twice, where the last would win', 'q{b="1",b="2"} 1', 'E_METRIC_SYNTAX'],
    ['a label that JavaScript swallows', 'q{__proto__="x"} 1', 'E_METRIC_LABEL'],
    ['a NUL in the name', 'q\u0000 1', 'E_METRIC_SYNTAX'],
    ['two values', 'q 1 2 3', 'E_METRIC_SYNTAX'],
    ['no brace at the end', 'q{a="x" 1', 'E_METRIC_SYNTAX'],
  ])('%s', (_story, text, code) => expect(() => readExposition(text)).toThrow(code))

  test('limits on bytes, lines, line length and labels', () => {
    const limits = { bytes: 100, lines: 3, lineLength: 40, labels: 2 }
    const refused = (text: string) => expect(() => readExposition(text, limits)).toThrow('E_METRIC_LIMIT')
    refused('a 1\n'.repeat(26))
    refused('a 1\nb 1\nc 1\nd 1')
    refused(`${'a'.repeat(41)} 1`)
    refused('q{a="1",b="2",c="3"} 1')
  })
})

describe('samples that are dropped, beside others that stay', () => {
  test.each([
    ['NaN', 'q NaN'],
    ['+Inf, which Number() takes for NaN', 'q +Inf'],
    ['a number too large for a double', 'q 1e309'],
  ])('%s', (_story, line) => {
    const { samples, dropped } = readExposition(`${line}\nr 1`)
    expect(samples.map((sample) => sample.name)).toEqual(['r'])
    expect(dropped).toMatchObject([{ code: 'E_METRIC_NOT_FINITE', line: 1 }])
  })

  test('all copies of a duplicate series, whatever the order of its labels', () => {
    const { samples, dropped } = readExposition('q{a="1",b="2"} 5\nq{b="2",a="1"} 6\nr 1')
    expect(samples).toEqual([{ name: 'r', labels: {}, value: 1 }])
    expect(dropped).toMatchObject([{ code: 'E_METRIC_DUPLICATE' }])
  })
})
