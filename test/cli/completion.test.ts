/** Completion: what the hidden verb answers, and that bash makes candidates of it. */
import { execFileSync } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { scratchDir } from '../support/scratch-dir.ts'
import type { CliWorld } from './cli-world.ts'
import { createCliWorld, runCli } from './cli-world.ts'

let world: CliWorld

beforeEach(async () => {
  world = await createCliWorld()
  await world.startDecider()
  await world.cli('apply', '-f', 'docs/examples/chat-70b.yaml')
})
afterEach(() => world.close())

const complete = async (...words: readonly string[]): Promise<readonly string[]> => {
  const { out } = await runCli(['__complete', '--', ...words], { env: { HETEROSCALE_API: world.server } })
  return out.split('\n').map((line) => line.split('\t')[0] ?? '')
}

describe('after', () => {
  test.each([
    [['des'], ['describe']],
    [['un'], ['unfreeze']],
    [['get', 's'], ['services']],
    [['get', 'services', '--se'], ['--server', '--service']],
    [['kill-switch', ''], ['on', 'release']],
    [['mode', 'chat-70b', ''], ['auto', 'recommend', 'paused']],
    [['completion', ''], ['bash', 'zsh', 'fish']],
    [['get', 'services', '-o', ''], ['json', 'yaml']],
    [['describe', ''], ['chat-70b']],
    [['get', 'groups', '--service', 'c'], ['chat-70b']],
    [['pause', '--for', '2h', 'ch'], ['chat-70b']],
    [['apply', '-f', ''], ['']],
    [['pause', 'x', ''], ['']],
  ])('%j comes %j', async (words, expected) => {
    expect([...(await complete(...words))].sort()).toEqual([...expected].sort())
  })

  test('nothing come all verbs but the hidden one, and without an API still no error', async () => {
    const verbs = await complete('')
    expect(verbs).toEqual(expect.arrayContaining(['apply', 'get', 'kill-switch', 'freeze', 'scale', 'delete', 'topics']))
    expect(verbs).not.toContain('__complete')
    expect(await runCli(['__complete', '--', 'describe', ''], { env: { HETEROSCALE_API: 'http://127.0.0.1:1' } })).toEqual({ exitCode: 0, out: '', err: '' })
  })
})

test('bash turns the answers into candidates, also with a quoted word before', async () => {
  const dir = scratchDir()
  const { out: script } = await runCli(['completion', 'bash'])
  writeFileSync(join(dir, 'completion.bash'), script)
  // Stands for the command: shows the words that it was asked with.
  writeFileSync(join(dir, 'heteroscale'), '#!/bin/sh\nshift 2\nprintf "%s\\tabout it\\n" "$#" "$@"\n')
  chmodSync(join(dir, 'heteroscale'), 0o755)
  const typed = 'COMP_WORDS=(heteroscale pause --reason "two words" ch); COMP_CWORD=4; _heteroscale; printf "%s|" "${COMPREPLY[@]}"'
  const run = (words: string): string =>
    execFileSync('bash', ['--norc', '-c', `source completion.bash; ${words}`], { cwd: dir, encoding: 'utf8', env: { PATH: `${dir}:${process.env['PATH'] ?? ''}` } })
  expect(run(typed)).toBe('4|pause|--reason|two words|ch|')
  expect(run('complete -p heteroscale')).toContain('-F _heteroscale heteroscale')
})

test.each(['zsh', 'fish'])('a script for %s asks the same verb', async (shell) => {
  expect((await runCli(['completion', shell])).out).toContain('heteroscale __complete -- ')
})
