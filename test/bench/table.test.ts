/** The table in bench/README.md says what the result files say. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readResults, withTable } from '../../bench/table.ts'
import { projectRoot } from '../../infra/local/project-root.ts'

const text = readFileSync(join(projectRoot, 'bench/README.md'), 'utf8')

describe('the table of bench/README.md', () => {
  it('is the one that `npm run bench -- table` makes of bench/results', () => {
    expect(withTable(text, readResults())).toBe(text)
  })

  it('cannot be put into a text without its marks', () => {
    expect(() => withTable('no marks here', readResults())).toThrow(/BENCH_TABLE/)
  })
})
