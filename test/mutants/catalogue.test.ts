/** The seeded bugs fit the product as it is now; whether somebody notices them is asked by `npm run mutants`. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { mutated } from './apply.ts'
import { mutants } from './catalogue.ts'
import { unitTestsOf } from './unit-tests.ts'

const root = join(import.meta.dirname, '../..')

const syntaxErrors = (text: string): readonly string[] =>
  (ts.transpileModule(text, { reportDiagnostics: true, compilerOptions: { target: ts.ScriptTarget.ESNext } }).diagnostics ?? []).map(({ messageText }) =>
    ts.flattenDiagnosticMessageText(messageText, ' '),
  )

test('there are enough of them, each with a name of its own', () => {
  expect(mutants.length).toBeGreaterThanOrEqual(34)
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length)
})

describe.each(mutants)('$name', (mutant) => {
  test('its text stands once, and what comes out is another program', () => {
    const source = readFileSync(join(root, mutant.file), 'utf8')
    const text = mutated(source, mutant)
    expect(text).not.toBe(source)
    expect(syntaxErrors(text)).toEqual([])
  })
  test('there are unit tests to ask', () => {
    for (const path of unitTestsOf(mutant)) expect(existsSync(join(root, path)), path).toBe(true)
  })
})

test('a patch that is out of date is an error and no survivor', () => {
  const mutant = { name: 'old', story: '', file: 'a.ts', from: 'one', to: 'two' }
  expect(() => mutated('one one', mutant)).toThrow('stands 2 times in a.ts')
  expect(() => mutated('three', mutant)).toThrow('stands 0 times in a.ts')
})
