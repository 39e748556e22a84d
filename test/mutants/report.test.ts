/** The table says what caught each mutant, and stands where the page wants it. */
import { describe, expect, test } from 'vitest'
import type { Catch, Verdict } from './detectors.ts'
import { mutants } from './catalogue.ts'
import { readOptions } from './options.ts'
import { countsOf, isEnough, section, showCounts, survivorsOf, withSection } from './report.ts'

const mutant = { name: 'undo-oldest-first', story: 'Undo goes a|b.', file: 'core/a.ts', from: 'a', to: 'b' }
const verdict = (caught: Catch | null): Verdict => ({ mutant, caught, isSimulated: true })
const bySimulation = verdict({ by: 'simulation', seeds: 3, what: 'S4: half a group' })
const byTests = verdict({ by: 'unit tests', seeds: null, what: 'undo goes newest first' })
const times = (count: number, one: Verdict): readonly Verdict[] => Array.from({ length: count }, () => one)

describe('enough', () => {
  test('29 of 30, of which 25 by the simulation', () => {
    expect(isEnough(countsOf([...times(25, bySimulation), ...times(4, byTests), verdict(null)]))).toBe(true)
  })
  test('28 of 30 are too few', () => {
    expect(isEnough(countsOf([...times(26, bySimulation), ...times(2, byTests), ...times(2, verdict(null))]))).toBe(false)
  })
  test('all of them, but 24 by the simulation, are too few', () => {
    expect(isEnough(countsOf([...times(24, bySimulation), ...times(10, byTests)]))).toBe(false)
  })
})

test('counts and survivors are said', () => {
  const verdicts = [bySimulation, byTests, verdict(null)]
  expect(showCounts(countsOf(verdicts))).toBe('2 of 3 caught: 1 by the simulation or its checker alone, 1 by unit tests only')
  expect(survivorsOf(verdicts)).toEqual(['undo-oldest-first'])
})

test('a row names the seeds and the invariant, and a bar in a story breaks no table', () => {
  expect(section([bySimulation], { from: 1, most: 1000 })).toContain('| Undo goes a\\|b. | `core/a.ts` | simulation | 3 | S4: half a group |')
})

test('the table is put at the end of a page once, and replaced from then on', () => {
  const once = withSection('# Reliability\n\nWhat is promised.\n', 'first')
  expect(once).toContain('What is promised.\n\n## Seeded bugs')
  const twice = withSection(`${once}\nMore.\n`, 'second')
  expect(twice).not.toContain('first')
  expect(twice.match(/## Seeded bugs/g)).toHaveLength(1)
  expect(twice).toMatch(/second[\s\S]*More\.\n$/)
})

test('what is asked wrongly is said', () => {
  expect(() => readOptions(['--only', 'nobody'], mutants)).toThrow("--only: got 'nobody'; allowed: a name that --list shows")
  expect(() => readOptions(['--jobs', '0'], mutants)).toThrow("--jobs: got '0'")
})
