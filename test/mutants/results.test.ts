/** Verdicts outlive a run that is cut, and further seeds are added to them. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { Mutant } from './mutant.ts'
import { readOptions } from './options.ts'
import { added, openResults, patchOf } from './results.ts'
import type { Catch, Verdict } from './verdict.ts'

const folder = mkdtempSync(join(tmpdir(), 'heteroscale-verdicts-'))
afterAll(() => rmSync(folder, { recursive: true }))

const mutant: Mutant = { name: 'one', story: '', file: 'a.ts', from: 'a', to: 'b' }
const other: Mutant = { ...mutant, name: 'other' }
const byTests: Catch = { by: 'unit tests', seeds: null, what: 'a story' }
const atSeed = (seeds: number): Catch => ({ by: 'simulation', seeds, what: 'S5: out of band' })
const verdict = (from: number, count: number, caught: Catch | null): Verdict => ({ mutant: 'one', patch: patchOf(mutant), isSimulated: true, asked: [{ from, count, commit: 'abc', date: '2026-11-26' }], caught })

test('what was kept is read again, and counts for the text that it was asked about', () => {
  const path = join(folder, 'kept.json')
  openResults(path).keep(verdict(1, 60, byTests))
  expect(openResults(path).of(mutant)).toEqual(verdict(1, 60, byTests))
  expect(openResults(path).of(other)).toBeNull()
  expect(openResults(path).of({ ...mutant, to: 'c' })).toBeNull()
})

test('two runs keep what each of them found', () => {
  const path = join(folder, 'two.json')
  const [one, two] = [openResults(path), openResults(path)]
  one.keep(verdict(1, 60, byTests))
  two.keep({ ...verdict(1, 3, atSeed(3)), mutant: 'other' })
  expect([one.of(mutant)?.caught, one.of(other)?.caught]).toEqual([byTests, atSeed(3)])
})

describe('further seeds', () => {
  test('that find it count on from the earlier ones', () => {
    const sum = added(verdict(1, 60, byTests), verdict(61, 7, atSeed(7)))
    expect(sum.caught).toEqual(atSeed(67))
    expect(sum.asked.map(({ from, count }) => [from, count])).toEqual([[1, 60], [61, 7]])
  })
  test('that find nothing leave what unit tests said', () => expect(added(verdict(1, 60, byTests), verdict(61, 40, null)).caught).toEqual(byTests))
  test('that overlap begin anew', () => expect(added(verdict(1, 60, byTests), verdict(60, 3, atSeed(3))).caught).toEqual(atSeed(3)))
  test('after a catch begin anew', () => expect(added(verdict(1, 5, atSeed(5)), verdict(61, 3, atSeed(3))).caught).toEqual(atSeed(3)))
})

describe('what is asked', () => {
  const all = [mutant, other]
  const results = openResults(join(folder, 'asked.json'))
  results.keep(verdict(1, 60, byTests))
  const namesOf = (...argv: readonly string[]): readonly string[] => {
    const options = readOptions(argv, all, results)
    return options === 'help' ? [] : options.mutants.map(({ name }) => name)
  }
  test('is what has no verdict yet', () => expect(namesOf()).toEqual(['other']))
  test('is everything again', () => expect(namesOf('--again')).toEqual(['one', 'other']))
  test('is what no seed has noticed', () => expect(namesOf('--missed')).toEqual(['one']))
  test('is what was named', () => expect(namesOf('--only', 'other,one')).toEqual(['other', 'one']))
  test('is said when it is asked wrongly', () => {
    expect(() => namesOf('--only', 'nobody')).toThrow("--only: got 'nobody'; allowed: a name that --list shows")
    expect(() => namesOf('--jobs', '0')).toThrow("--jobs: got '0'")
  })
})
