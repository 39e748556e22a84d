import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { coreHash } from '../../services/core-hash.ts'
import { scratchDir } from '../support/scratch-dir.ts'

const coreWith = (files: Readonly<Record<string, string>>): string => {
  const directory = scratchDir()
  mkdirSync(join(directory, 'scaling'))
  for (const [path, content] of Object.entries(files)) writeFileSync(join(directory, path), content)
  return directory
}

const files = { 'units.js': 'one', 'scaling/decide.js': 'two' }

describe('the identity of the deciding code', () => {
  it('is the same for the same files, wherever they lie', async () => {
    expect(await coreHash(coreWith(files))).toBe(await coreHash(coreWith(files)))
    expect(await coreHash()).toMatch(/^[0-9a-f]{16}$/)
  })

  it('changes with any file, its content, its name and its place', async () => {
    const variants = [
      files,
      { ...files, 'scaling/decide.js': 'too' },
      { 'units.js': 'one', 'scaling/decider.js': 'two' },
      { 'units.js': 'one', 'decide.js': 'two' },
      { 'units.js': 'onetwo', 'scaling/decide.js': '' },
      { ...files, 'scaling/more.js': '' },
    ]
    const hashes = await Promise.all(variants.map((variant) => coreHash(coreWith(variant))))
    expect(new Set(hashes).size).toBe(variants.length)
  })

  it('does not change with what is not executed', async () => {
    const beside = { ...files, 'units.js.map': '{}', 'units.d.ts': 'declare', 'README.md': 'words' }
    expect(await coreHash(coreWith(beside))).toBe(await coreHash(coreWith(files)))
  })
})
