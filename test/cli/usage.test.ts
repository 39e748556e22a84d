/** Command lines that are wrong, and what they exit with. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { completeVerb } from '../../cli/completion.ts'
import { runCli } from './cli-world.ts'
import { faultOfLine, helpTexts, linesIn } from './command-tree.ts'

const example = 'docs/examples/chat-70b.yaml'

describe('a wrong command line exits with 2 and says what is allowed', () => {
  test.each([
    ['an unknown verb', ['aply'], 'E_USAGE heteroscale: unknown command \'aply\' (Did you mean apply?)'],
    ['an unknown flag', ['get', 'services', '--wacth'], 'E_USAGE heteroscale get: unknown option \'--wacth\' (Did you mean --watch?)'],
    ['an unknown kind', ['get', 'servces'], 'expected services, groups, decisions, rollouts, controls, producers (did you mean services?)'],
    ['no file', ['apply'], "required option '-f, --file <file>' not specified"],
    ['an empty file name', ['apply', '-f', ''], 'empty value'],
    ['a blank number', ['get', 'decisions', '--limit', ' '], 'empty value'],
    ['a number with an exponent', ['get', 'decisions', '--limit', '1e3'], 'expected a whole number 1-1000'],
    ['a hexadecimal number', ['get', 'decisions', '--limit', '0x10'], 'expected a whole number 1-1000'],
    ['digits of another script', ['get', 'decisions', '--limit', '१'], 'expected a whole number 1-1000'],
    ['a flag given twice', ['get', 'decisions', '--limit', '1', '--limit', '2'], 'given twice'],
    ['a value that looks like a flag', ['apply', '-f', '--wait', '3'], '--wait looks like a flag'],
    ['an unknown format', ['get', 'services', '-o', 'xml'], 'expected json or yaml'],
    ['an address that is none', ['get', 'services', '--server', 'localhost'], 'E_USAGE --server: got "localhost"'],
    ['a file that is not there', ['validate', '/nope.yaml'], 'E_FILE /nope.yaml: ENOENT'],
    ['an unknown mode', ['mode', 'chat', 'foo', '--reason', 'abc'], "E_USAGE heteroscale mode: got 'foo' for <mode>; allowed: auto, recommend, paused; see heteroscale mode --help; nothing was done"],
    ['a time for the mode that needs none', ['mode', 'chat', 'auto', '--for', '2h', '--reason', 'abc'], 'E_USAGE heteroscale mode: got --for with auto; --for is allowed with recommend and paused'],
    ['too many arguments', ['explain', 'a', 'b'], 'too many arguments'],
  ])('%s', async (_title, args, words) => {
    const { exitCode, err, out } = await runCli(args)
    expect(err).toContain(words)
    expect(exitCode).toBe(2)
    expect(out).toBe('')
  })
})

test('a server that does not answer exits with 6 and says how to start one', async () => {
  const { exitCode, err } = await runCli(['get', 'services'], { env: { HETEROSCALE_API: 'http://127.0.0.1:1' } })
  expect(exitCode).toBe(6)
  expect(err).toMatch(/^E_UNREACHABLE http:\/\/127\.0\.0\.1:1: .*heteroscale up/)
})

describe('validate', () => {
  test('accepts the example that is shipped', async () => {
    const { exitCode, out } = await runCli(['validate', example])
    expect(out).toMatch(/^docs\/examples\/chat-70b.yaml: valid, service chat-70b, policy [0-9a-f]{12}$/)
    expect(exitCode).toBe(0)
  })

  test('prints the manifest with its defaults', async () => {
    const { out } = await runCli(['validate', '-o', 'json', example])
    expect(JSON.parse(out)).toMatchObject({ kind: 'DisaggregatedService', spec: { evidence: { minCoverage: 0.9 } } })
  })

  test('shows the faults of all files, exits with 3, and still validates the good ones', async () => {
    const files = { 'a.yaml': 'spec:\n\tcell: x\n', 'b.yaml': 'kind: Deployment\n' }
    const { exitCode, out, err } = await runCli(['validate', 'a.yaml', example, 'b.yaml'], { files })
    expect(exitCode).toBe(3)
    expect(out).toContain('chat-70b.yaml: valid')
    expect(err).toContain('E_SPEC_SYNTAX a.yaml:2:1')
    expect(err).toContain('    →cell: x\n    ^')
    expect(err).toContain('E_SPEC_CHOICE b.yaml:1 kind: "Deployment"; DisaggregatedService; nothing was changed')
    expect(err).toContain('E_SPEC_REQUIRED b.yaml:1 metadata.name')
  })
})

describe('help', () => {
  test('of every verb has examples, and each of its lines can be typed', async () => {
    const texts = [...(await helpTexts())].filter(([name]) => name !== completeVerb)
    expect(texts.map(([name]) => name)).toEqual(expect.arrayContaining(['heteroscale', 'get', 'kill-switch', 'demo', 'up', 'replay', 'verify', 'repair']))
    expect(texts.filter(([, help]) => !/Examples?:\n {2}\$ .*heteroscale/.test(help)).map(([name]) => name)).toEqual([])
    const lines = texts.flatMap(([, help]) => help.split('\n').filter((line) => line.startsWith('  $ ')).flatMap((line) => linesIn(line)))
    expect(lines.length).toBeGreaterThan(texts.length)
    for (const line of lines) expect({ line, fault: await faultOfLine(line) }).toEqual({ line, fault: null })
  })

  test('is printed for a verb, and is no error', async () => {
    expect(await runCli(['stuck', '--help'])).toMatchObject({ exitCode: 0, err: '', out: expect.stringContaining('$ heteroscale stuck') as string })
  })
})

test.each(['--version', '-V'])('%s prints the version of the package', async (flag) => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly version: string }
  expect(await runCli([flag])).toEqual({ exitCode: 0, out: version, err: '' })
})
