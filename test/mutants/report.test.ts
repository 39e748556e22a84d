/** The table says what caught each mutant, and the page holds the table of the verdicts that are kept. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { mutants } from './catalogue.ts'
import type { Mutant } from './mutant.ts'
import { countsOf, isEnough, section, showCounts, survivorsOf, withSection, type Row } from './report.ts'
import { openResults } from './results.ts'
import type { Catch } from './verdict.ts'

const mutant: Mutant = { name: 'undo-oldest-first', story: 'Undo goes a|b.', file: 'core/a.ts', from: 'a', to: 'b' }
const asked = [{ from: 1, count: 60, commit: 'abc', date: '2026-11-26' }]
const row = (caught: Catch | null): Row => ({ mutant, verdict: { mutant: mutant.name, patch: '', isSimulated: true, asked, caught } })
const bySimulation = row({ by: 'simulation', seeds: 3, what: 'S4: half a group' })
const byTests = row({ by: 'unit tests', seeds: null, what: 'undo goes newest first' })
const unasked: Row = { mutant, verdict: null }
const times = (count: number, one: Row): readonly Row[] => Array.from({ length: count }, () => one)

describe('enough', () => {
  test('29 of 30, of which 25 by the simulation', () => {
    expect(isEnough(countsOf([...times(25, bySimulation), ...times(4, byTests), row(null)]))).toBe(true)
  })
  test('28 of 30 are too few', () => {
    expect(isEnough(countsOf([...times(26, bySimulation), ...times(2, byTests), ...times(2, row(null))]))).toBe(false)
  })
  test('one that nobody asked about is not caught', () => {
    expect(isEnough(countsOf([...times(28, bySimulation), ...times(2, unasked)]))).toBe(false)
  })
  test('all of them, but 24 by the simulation, are too few', () => {
    expect(isEnough(countsOf([...times(24, bySimulation), ...times(10, byTests)]))).toBe(false)
  })
})

test('counts and survivors are said', () => {
  const rows = [bySimulation, byTests, row(null), unasked]
  expect(showCounts(countsOf(rows))).toBe('2 of 4 caught: 1 by the simulation or its checker alone, 1 by unit tests only; 1 were not asked yet')
  expect(survivorsOf(rows)).toEqual(['undo-oldest-first'])
})

describe('a row', () => {
  test('names the seeds and the invariant, and a bar in a story breaks no table', () => {
    expect(section([bySimulation])).toContain('| Undo goes a\\|b. | `core/a.ts` | simulation | 3 | S4: half a group |')
  })
  test('says how many seeds noticed nothing', () => expect(section([byTests])).toContain('| unit tests | none of 60 | undo goes newest first |'))
  test('says why a survivor is no hole', () => {
    expect(section([{ ...row(null), mutant: { ...mutant, survives: 'the same by another way' } }])).toContain('| **nobody** | none of 60 | the same by another way |')
  })
  test('says that nobody asked', () => expect(section([unasked])).toContain('| not asked yet |  |  |'))
})

test('the table is put at the end of a page once, and replaced from then on', () => {
  const once = withSection('# Reliability\n\nWhat is promised.\n', 'first')
  expect(once).toContain('What is promised.\n\n## Seeded bugs')
  const twice = withSection(`${once}\nMore.\n`, 'second')
  expect(twice).not.toContain('first')
  expect(twice.match(/## Seeded bugs/g)).toHaveLength(1)
  expect(twice).toMatch(/second[\s\S]*More\.\n$/)
})

test('docs/reliability.md holds the table of test/mutants/results.json', () => {
  const results = openResults(join(import.meta.dirname, 'results.json'))
  const page = readFileSync(join(import.meta.dirname, '../../docs/reliability.md'), 'utf8')
  const rows = mutants.map((one) => ({ mutant: one, verdict: results.of(one) }))
  expect(withSection(page, section(rows)), 'npm run mutants -- --table').toBe(page)
})
