/** docs/reliability.md: each promise of the design has a row, and each command of a row can be typed as it stands. */
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readOptions } from '../../infra/simulation/options.ts'

const root = resolve(import.meta.dirname, '../..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

/** What stands between one heading of the second level and the next. */
const sectionOf = (path: string, heading: string): string => {
  const [, text = ''] = read(path).split(new RegExp(`^## ${heading}.*$`, 'm'))
  return text.split(/^## /m)[0] ?? ''
}

type Row = { readonly says: string; readonly commands: readonly string[] }

const rowsOf = (text: string): readonly Row[] =>
  [...text.matchAll(/^\| (.+) \| (`.+`) \|$/gm)].map(([, says = '', shownBy = '']) => ({ says, commands: [...shownBy.matchAll(/`([^`]+)`/g)].map(([, command = '']) => command) }))

const promised = rowsOf(sectionOf('docs/reliability.md', 'Promised'))
const notPromised = rowsOf(sectionOf('docs/reliability.md', 'Not promised'))
/** The first table of the page names what shows all of them at once. */
const means = [...(read('docs/reliability.md').split(/^## /m)[0] ?? '').matchAll(/^\| `(npm run [^`]+)` \|/gm)].map(([, command = '']) => command)
const commands = [...new Set([...means, ...[...promised, ...notPromised].flatMap(({ commands: some }) => some)])]

/** S1 of "S1 one effect"; a row may answer for several. */
const numbersIn = (text: string): readonly string[] => [...text.matchAll(/\b[SL]\d+\b/g)].map(([number]) => number)

describe('the promises', () => {
  const rows = new Set(promised.flatMap(({ says }) => numbersIn(says)))
  test.each(numbersIn(sectionOf('docs/design.md', '10\\.')))('%s of docs/design.md has a row', (number) => expect(rows).toContain(number))
  test('are formulas of docs/invariants.md', () => {
    const formulas = new Set([...read('docs/invariants.md').matchAll(/^([SL]\d+) /gm)].map(([, number]) => number))
    for (const number of rows) expect(formulas).toContain(number)
  })
  test('end somewhere', () => expect(notPromised.length).toBeGreaterThanOrEqual(3))
})

const vitestCommands = commands.filter((command) => command.startsWith('npx vitest '))
const npmCommands = commands.filter((command) => command.startsWith('npm run '))
test('each command is of a kind that is looked at', () => expect(vitestCommands.length + npmCommands.length).toBe(commands.length))

type Asked = { readonly project: string; readonly paths: readonly string[]; readonly title: string | null }

const askedBy = (command: string): Asked => {
  const [, project = '', paths = '', title] = /^npx vitest run --project (\S+) ([^"]+?)(?: -t "([^"]+)")?$/.exec(command) ?? []
  return { project, paths: paths.split(' '), title: title ?? null }
}

/** Test files of a project below a path, as vitest finds them. */
const filesOf = (path: string, project: string): readonly string[] => {
  const ends = (file: string): boolean => (project === 'servers' ? file.endsWith('.e2e.test.ts') : file.endsWith('.test.ts') && !file.endsWith('.e2e.test.ts'))
  const files = statSync(join(root, path)).isDirectory() ? readdirSync(join(root, path)).map((file) => join(path, file)) : [path]
  return files.filter(ends)
}

/** Titles as they are written, also those of a contract that the file runs. */
const titlesOf = (file: string): readonly string[] => {
  const text = read(file)
  const contracts = [...text.matchAll(/from '(\.[^']+\.contract\.ts)'/g)].map(([, contract = '']) => join(dirname(file), contract))
  const own = [...text.matchAll(/\b(?:it|test|describe)(?:\.each\(.+?\))?\(\s*(['"`])(.+?)\1,/g)].map(([, , title = '']) => title.replaceAll("\\'", "'"))
  return [...own, ...contracts.flatMap(titlesOf)]
}

describe('tests that are named', () => {
  test.each(vitestCommands)('%s: its project has such files', (command) => {
    const { project, paths } = askedBy(command)
    expect(['unit', 'servers']).toContain(project)
    for (const path of paths) expect(existsSync(join(root, path)) && filesOf(path, project).length > 0, path).toBe(true)
  })
  test.each(vitestCommands.filter((command) => askedBy(command).title !== null))('%s: each of its paths has such a test', (command) => {
    const { project, paths, title } = askedBy(command)
    for (const path of paths) {
      const titles = filesOf(path, project).flatMap(titlesOf)
      expect(titles.some((one) => one.includes(title ?? '')), path).toBe(true)
    }
  })
})

const argumentsOf = (command: string, script: string): readonly string[] => command.slice(`npm run ${script} -- `.length).split(' ')
const npmOf = (script: string): readonly string[] => npmCommands.filter((command) => command.split(' ')[2] === script)

describe('scripts that are named', () => {
  const { scripts } = JSON.parse(read('package.json')) as { readonly scripts: object }
  test.each(npmCommands)('%s: package.json has it', (command) => expect(scripts).toHaveProperty(command.split(' ')[2] ?? ''))
  test.each(npmOf('simulate'))('%s: the simulation knows what is asked', (command) => expect(readOptions(argumentsOf(command, 'simulate'))).not.toBe('help'))
})
