/** ARCHITECTURE.md, README.md and CONTRIBUTING.md may only name what exists: paths, and symbols beside their file. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const documents = ['ARCHITECTURE.md', 'README.md', 'CONTRIBUTING.md']

/** What stands between back-ticks, once each. */
const quoted = (document: string): readonly string[] => {
  const text = readFileSync(join(root, document), 'utf8').replace(/```[\s\S]*?```/g, '')
  return [...new Set([...text.matchAll(/`([^`\n]+)`/g)].map((match) => match[1] as string))]
}

const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name)
const isPath = (words: string): boolean => /^[\w.@-]+(\/[\w.@-]*)+$/.test(words) && folders.includes(words.split('/')[0] as string)
const isCode = (words: string): boolean => /^[a-z][a-zA-Z]+$|^[A-Z][a-z]+[A-Z][a-zA-Z]+$/.test(words)

describe.each(documents)('%s', (document) => {
  const paths = quoted(document).filter(isPath)
  test('names paths', () => expect(paths.length).toBeGreaterThan(document === 'ARCHITECTURE.md' ? 60 : 2))
  test.each(paths)('%s exists', (path) => expect(existsSync(join(root, path))).toBe(true))
})

describe('symbols of ARCHITECTURE.md', () => {
  const text = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8')
  /** "`symbol` in `file`" and "`file` (`symbol`)": the two ways in which the page binds one to the other. */
  const bound = [
    ...[...text.matchAll(/`(\w+)` in\s+`([\w./-]+\.ts)`/g)].map(([, symbol, file]) => [symbol, file] as const),
    ...[...text.matchAll(/`([\w./-]+\.ts)` \(`(\w+)`\)/g)].map(([, file, symbol]) => [symbol, file] as const),
  ]
  test('there are some', () => expect(bound.length).toBeGreaterThan(10))
  test.each(bound)('%s is exported by %s', (symbol, file) => {
    expect(readFileSync(join(root, file as string), 'utf8')).toMatch(new RegExp(`export [^\\n]*\\b${symbol}\\b`))
  })

  const loose = quoted('ARCHITECTURE.md').filter(isCode).filter((name) => !folders.includes(name))
  const sources = ['core', 'workflows', 'services', 'adapters', 'simulator'].flatMap((folder) => filesBelow(join(root, folder)))
  const everything = sources.map((file) => readFileSync(file, 'utf8')).join('\n')
  test.each(loose)('%s occurs in the sources', (name) => expect(everything).toMatch(new RegExp(`\\b${name}\\b`)))
})

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
}
