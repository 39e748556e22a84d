/** The command in a clone: who waits for npm and the compiler, and who must not. Npm and sources are planted, the compiler is real. */
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildIsStale } from '../../infra/bootstrap/compile.mjs'
import { newerThanLastBuild, verbOfLastBuild } from '../../infra/bootstrap/last-build.mjs'
import { projectRoot } from '../../infra/local/project-root.ts'
import { scratchDir } from '../support/scratch-dir.ts'

const urgent = ['kill-switch', 'freeze', 'unfreeze', 'pause', 'resume', 'mode', 'scale', 'delete', 'repair', 'down', 'help', 'stuck', 'get', 'describe', 'explain', 'topics', 'verify', 'replay']

const original = mkdtempSync(join(tmpdir(), 'heteroscale-clone-'))
beforeAll(() => {
  plantClone(original)
  expect(npmRunBuild(original)).toMatchObject({ code: 0 })
})
afterAll(() => rmSync(original, { recursive: true, force: true }))

/** A clone whose whole program prints its arguments. */
const plantClone = (root: string): void => {
  for (const part of ['cli/heteroscale.mjs', 'infra/bootstrap', 'infra/local/guard.sh', 'tsconfig.json', 'package.json', 'package-lock.json'])
    cpSync(join(projectRoot, part), join(root, part), { recursive: true })
  const build = JSON.parse(readFileSync(join(projectRoot, 'tsconfig.build.json'), 'utf8')) as object
  write(root, 'tsconfig.build.json', JSON.stringify({ ...build, include: ['cli'] }))
  write(root, 'cli/main.ts', "console.log(['ran', ...process.argv.slice(2)].join(' '))\nexport {}\n")
  write(root, 'infra/core-bundle/write.mjs', "import { mkdirSync, writeFileSync } from 'node:fs'\nmkdirSync('dist/cores', { recursive: true })\nwriteFileSync('dist/cores/current.json', '{}')\n")
  const modules = join(projectRoot, 'node_modules')
  mkdirSync(join(root, 'node_modules'))
  for (const name of readdirSync(modules).filter((name) => !name.startsWith('.'))) symlinkSync(join(modules, name), join(root, 'node_modules', name))
  cpSync(join(modules, '.package-lock.json'), join(root, 'node_modules/.package-lock.json'))
}

const write = (root: string, path: string, text: string): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

/** A clone that was built; `npm` fails in it as it does without a network. */
const builtClone = (): string => {
  const root = scratchDir()
  // Unlike cpSync it keeps the times of folders too.
  execFileSync('cp', ['-a', `${original}/.`, root])
  write(root, 'bin/npm', '#!/bin/sh\necho "npm was asked" >&2\nexit 7\n')
  chmodSync(join(root, 'bin/npm'), 0o755)
  return root
}

type Ended = { readonly code: number | null; readonly out: string; readonly err: string }

const run = (root: string, command: string, args: readonly string[]): Ended => {
  const env = { ...process.env, PATH: [join(root, 'bin'), process.env.PATH].join(delimiter) }
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, env, encoding: 'utf8' })
  return { code: status, out: stdout.trimEnd(), err: stderr.trimEnd() }
}

const npmRunBuild = (root: string): Ended => run(root, 'npm', ['run', '--silent', 'build'])
const heteroscale = (root: string, ...args: readonly string[]): Ended => run(root, process.execPath, ['cli/heteroscale.mjs', ...args])

/** Both the compiler and whoever loads its output must stumble over it. */
const breakSources = (root: string): void => write(root, 'cli/main.ts', "import { gone } from './gone.ts'\nconst = gone(\n")

describe('npm run build', () => {
  test('leaves nothing that the first verb would compile again', () => {
    const root = builtClone()
    expect(buildIsStale(root)).toBe(false)
    expect(heteroscale(root, 'apply', '-f', 'x.yaml')).toEqual({ code: 0, out: 'ran apply -f x.yaml', err: '' })
  })

  test('that fails does not pass for a build, and leaves the last one whole', () => {
    const root = builtClone()
    breakSources(root)
    const { code, err } = run(root, process.execPath, ['infra/bootstrap/build.mjs'])
    expect({ code, err }).toEqual({ code: 1, err: expect.stringMatching(/^BUILD_FAILED .*tsc ended with exit code \d/) as string })
    expect(buildIsStale(root)).toBe(true)
    expect(run(root, process.execPath, ['dist/cli/main.js', 'x'])).toMatchObject({ code: 0, out: 'ran x' })
  })
})

describe('a verb that looks at a fleet or stops it', () => {
  test.each(urgent)('%s runs the last build beside sources that do not compile, and says so in one line', (verb) => {
    const root = builtClone()
    breakSources(root)
    const err = `heteroscale: ${verb} waits for neither npm nor the compiler: this is the last build, older than the sources (\`npm run build\` makes a new one)`
    expect(heteroscale(root, verb, 'on')).toEqual({ code: 0, out: `ran ${verb} on`, err })
  })

  test('runs it also after another verb was refused by the compiler', () => {
    const root = builtClone()
    breakSources(root)
    expect(heteroscale(root, 'apply')).toMatchObject({ code: 6, out: '', err: expect.stringContaining('BUILD_FAILED') as string })
    expect(heteroscale(root, 'kill-switch', 'on')).toMatchObject({ code: 0, out: 'ran kill-switch on' })
  })

  test('does not ask npm for packages that are not as locked; another verb does, and is refused', () => {
    const root = builtClone()
    rmSync(join(root, 'node_modules/.package-lock.json'))
    const stop = heteroscale(root, '--server', 'http://api:8080', 'kill-switch', 'on')
    expect(stop).toMatchObject({ code: 0, out: 'ran --server http://api:8080 kill-switch on', err: expect.stringMatching(/^.*older than package-lock.json.*$/) as string })
    expect(stop.err).not.toContain('npm was asked')
    expect(heteroscale(root, 'apply')).toMatchObject({ code: 6, err: expect.stringMatching(/npm was asked\nNPM_CI_FAILED/) as string })
  })

  test('says nothing when the last build is up to date', () => {
    expect(heteroscale(builtClone(), 'get', 'services')).toEqual({ code: 0, out: 'ran get services', err: '' })
  })

  test('is compiled when nothing was compiled yet', () => {
    const root = builtClone()
    rmSync(join(root, 'dist'), { recursive: true })
    const { code, out, err } = heteroscale(root, 'kill-switch', 'on')
    expect({ code, out }).toEqual({ code: 0, out: 'ran kill-switch on' })
    expect(err).toMatch(/^heteroscale: compiling .*\nheteroscale: compiled in .*$/)
  })

  test('is compiled when what was compiled last does not load, and gives its exit code', () => {
    const root = builtClone()
    rmSync(join(root, 'dist/.built'))
    write(root, 'dist/cli/main.js', "import './gone.js'\n")
    write(root, 'cli/main.ts', "console.log('ran')\nprocess.exitCode = 5\nexport {}\n")
    const { code, out, err } = heteroscale(root, 'kill-switch', 'on')
    expect({ code, out }).toEqual({ code: 5, out: 'ran' })
    expect(err).toContain('the last build does not load: Cannot find module')
  })

  test('is the first word that is neither an option nor the value of one', () => {
    const root = builtClone()
    expect(verbOfLastBuild(root, ['--server', 'get', 'apply'])).toBeUndefined()
    expect(verbOfLastBuild(root, ['--server=x', 'explain', 'apply'])).toBe('explain')
    expect(verbOfLastBuild(root, ['validate', 'get'])).toBeUndefined()
    expect(verbOfLastBuild(root, ['--help'])).toBeUndefined()
  })

  test.each(['tsconfig.build.json', 'package-lock.json', 'node_modules/.package-lock.json'])('is not stopped by a %s that cannot be read', (file) => {
    const root = builtClone()
    expect(newerThanLastBuild(root)).toBeUndefined()
    write(root, file, '<<<<<<< HEAD')
    expect(heteroscale(root, 'kill-switch', 'on')).toMatchObject({ code: 0, out: 'ran kill-switch on', err: expect.stringContaining('older than') as string })
  })
})
