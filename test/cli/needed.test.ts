/** What ends a hold, for every reason that there is; and whatever a person is told to type can be typed. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { neededToAct } from '../../cli/needed.ts'
import { releaseLine } from '../../cli/stuck.ts'
import { controlKinds } from '../../core/events/control.ts'
import { holdReasons } from '../../core/scaling/verdict.ts'
import { faultOfLine, linesIn } from './command-tree.ts'

describe('a hold for', () => {
  test.each(holdReasons.map((reason) => [reason]))('%s says what would end it, and its lines can be typed', async (reason) => {
    const needed = neededToAct({ reason, service: 'chat-70b', evidence: [] })
    expect(needed).toMatch(/\w+ \w+/)
    for (const line of linesIn(needed ?? '')) expect({ line, fault: await faultOfLine(line) }).toEqual({ line, fault: null })
  })

  test.each([
    ['KILL_SWITCH', 'heteroscale kill-switch release'],
    ['FROZEN', 'heteroscale unfreeze'],
    ['PAUSED', 'heteroscale resume chat-70b'],
    ['RECOMMEND_ONLY', 'heteroscale mode chat-70b auto'],
    ['MANUAL', 'heteroscale scale chat-70b --release'],
  ])('%s, ordered by a person, says what to type', (reason, line) => {
    expect(linesIn(neededToAct({ reason, service: 'chat-70b', evidence: [] }) ?? '')).toEqual([`${line} --reason "TEXT"`])
  })

  test('weak evidence names the signals', () => {
    const evidence = [
      { signal: 'decodeTps', state: 'stale', value: null, ageMs: null, coverage: null, rising: false },
      { signal: 'ttftMsP95', state: 'fresh', value: 1, ageMs: 1, coverage: 1, rising: false },
    ] as const
    expect(neededToAct({ reason: 'EVIDENCE_STALE', service: 'chat-70b', evidence })).toBe('newer samples of decodeTps')
  })

  test('a reason of another version says nothing here', () => {
    expect(neededToAct({ reason: 'constructor', service: 'chat-70b', evidence: [] })).toBeNull()
  })
})

test.each(controlKinds.map((control) => [control]))('the line that ends %s can be typed', async (control) => {
  expect(await faultOfLine(releaseLine('chat-70b', control))).toBeNull()
})

/** The commands of alerts are lines of the runbook too. */
test('each line of the runbook can be typed', async () => {
  const blocks = [...readFileSync('docs/runbook.md', 'utf8').matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = '']) => block)
  const lines = blocks.flatMap(linesIn)
  expect(lines.length).toBeGreaterThan(20)
  for (const line of lines) expect({ line, fault: await faultOfLine(line) }).toEqual({ line, fault: null })
})

describe('what a person could mistype', () => {
  test.each([
    ['heteroscale unfreez --reason "TEXT"', 'unknown command'],
    ['heteroscale get services --wacth', 'unknown option'],
    ['heteroscale unfreeze --reason "…"', '3 to 200 characters'],
    ['heteroscale kill-switch release --reason "…"', '3 to 200 characters'],
    ['heteroscale mode chat-70b manual --reason "TEXT"', 'allowed: auto, recommend, paused'],
    ['heteroscale resume --reason "TEXT"', 'missing required argument'],
    ['heteroscale repair rollout/a/b/c now', 'too many arguments'],
  ])('%s is found', async (line, words) => {
    expect(await faultOfLine(line)).toContain(words)
  })

  test('is looked for in each line of a text, without the words around it', () => {
    expect(linesIn('the end, or heteroscale scale a --release --reason "…, now"; or `heteroscale get services`, each.\n  $ heteroscale demo      the loop\n $ cat x | heteroscale apply -f - > out'))
      .toEqual(['heteroscale scale a --release --reason "…, now"', 'heteroscale get services', 'heteroscale demo', 'heteroscale apply -f -'])
  })
})
