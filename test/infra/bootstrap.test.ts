/** The steps before the command line: is Node new enough, are packages and build up to date, who may install. */
import { existsSync, mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { buildIsStale, removeOrphans } from '../../infra/bootstrap/compile.mjs'
import { firstDifference, staleDependency } from '../../infra/bootstrap/dependencies.mjs'
import { exclusively } from '../../infra/bootstrap/exclusively.mjs'
import { nodeVersionFault } from '../../infra/bootstrap/node-version.mjs'
import { runStep } from '../../infra/bootstrap/run-step.mjs'
import { countTests, sumOf } from '../../infra/bootstrap/test-report.mjs'
import { projectRoot } from '../../infra/local/project-root.ts'
import { scratchDir } from '../support/scratch-dir.ts'

describe('Node', () => {
  test.each(['20.19.0', '20.20.2', '22.0.0', '24.1.0'])('%s is new enough', (version) => {
    expect(nodeVersionFault(version)).toBeUndefined()
  })

  test.each(['18.20.4', '20.18.3'])('%s is refused with what is needed', (version) => {
    expect(nodeVersionFault(version)).toContain(`node ${version}: HeteroScale needs Node 20.19 or newer`)
  })
})

describe('npm packages', () => {
  const lock = (packages: object) => JSON.stringify({ packages })
  const kafkajs = { version: '2.2.4', integrity: 'sha512-a' }

  test('are stale without node_modules, also after an interrupted installation', () => {
    const root = scratchDir()
    writeFileSync(join(root, 'package-lock.json'), lock({ kafkajs }))
    expect(staleDependency(root)).toContain('missing or incomplete')
    mkdirSync(join(root, 'node_modules/kafkajs'), { recursive: true })
    expect(staleDependency(root)).toContain('missing or incomplete')
  })

  test('are compared by content, so a touched lock file changes nothing', () => {
    const root = scratchDir()
    mkdirSync(join(root, 'node_modules'))
    writeFileSync(join(root, 'node_modules/.package-lock.json'), lock({ kafkajs }))
    writeFileSync(join(root, 'package-lock.json'), lock({ '': { version: '0.1.0' }, kafkajs }))
    expect(staleDependency(root)).toBeUndefined()
    writeFileSync(join(root, 'package-lock.json'), lock({ kafkajs: { ...kafkajs, version: '2.2.5' } }))
    expect(staleDependency(root)).toBe('kafkajs is not at the locked version')
  })

  test('of another platform may be absent, others may not', () => {
    expect(firstDifference({ fsevents: { version: '1.0.0', optional: true } }, {})).toBeUndefined()
    expect(firstDifference({ avsc: { version: '5.7.9' } }, {})).toBe('avsc')
    expect(firstDifference({ avsc: { version: '5.7.9', integrity: 'x' } }, { avsc: { version: '5.7.9', integrity: 'y' } })).toBe('avsc')
  })
})

describe('The build', () => {
  const at = (path: string, second: number) => utimesSync(path, second, second)

  /** A checkout whose sources are from second 100 and whose build began at second 200. */
  function builtCheckout(): string {
    const root = scratchDir()
    for (const dir of ['core/scaling', 'dist/cli', 'dist/cores']) mkdirSync(join(root, dir), { recursive: true })
    for (const file of ['core/scaling/decide.ts', 'tsconfig.json', 'dist/cli/main.js', 'dist/cores/current.json', 'dist/.built']) writeFileSync(join(root, file), '')
    writeFileSync(join(root, 'tsconfig.build.json'), JSON.stringify({ include: ['core', 'cli'] }))
    for (const old of ['core/scaling/decide.ts', 'tsconfig.json', 'tsconfig.build.json', 'core/scaling', 'core']) at(join(root, old), 100)
    at(join(root, 'dist/.built'), 200)
    return root
  }

  test('is fresh while nothing changed since it began', () => {
    expect(buildIsStale(builtCheckout())).toBe(false)
  })

  test('is stale after a source or the configuration changed', () => {
    const source = builtCheckout()
    at(join(source, 'core/scaling/decide.ts'), 201)
    expect(buildIsStale(source)).toBe(true)
    const configuration = builtCheckout()
    at(join(configuration, 'tsconfig.json'), 201)
    expect(buildIsStale(configuration)).toBe(true)
  })

  test('is stale after a source was removed', () => {
    const root = builtCheckout()
    rmSync(join(root, 'core/scaling/decide.ts'))
    expect(buildIsStale(root)).toBe(true)
  })

  test('keeps nothing of a source that was removed', () => {
    const root = builtCheckout()
    mkdirSync(join(root, 'dist/core/scaling'), { recursive: true })
    const [kept, gone, map] = ['decide.js', 'gone.js', 'gone.js.map'].map((name) => join(root, 'dist/core/scaling', name)) as [string, string, string]
    for (const file of [kept, gone, map]) writeFileSync(file, '')
    removeOrphans(root)
    expect([kept, gone, map].map((file) => existsSync(file))).toEqual([true, false, false])
  })

  test('is stale when it never finished or lost its entry', () => {
    const unfinished = builtCheckout()
    rmSync(join(unfinished, 'dist/.built'))
    expect(buildIsStale(unfinished)).toBe(true)
    for (const needed of ['dist/cli/main.js', 'dist/cores/current.json']) {
      const without = builtCheckout()
      rmSync(join(without, needed))
      expect(buildIsStale(without)).toBe(true)
    }
  })
})

describe('Installing', () => {
  const quiet = () => {}

  test('is done by one at a time, and who waits says so', async () => {
    const root = scratchDir()
    const said: string[] = []
    const steps: string[] = []
    let finishFirst = quiet
    const firstMayFinish = new Promise<void>((resolve) => (finishFirst = resolve))
    let firstBegan = quiet
    const begun = new Promise<void>((resolve) => (firstBegan = resolve))

    const first = exclusively({ root, name: 'npm-ci', say: quiet }, async () => {
      firstBegan()
      await firstMayFinish
      steps.push('first')
    })
    await begun
    const tell = (line: string) => {
      said.push(line)
      finishFirst()
    }
    await exclusively({ root, name: 'npm-ci', say: tell }, () => Promise.resolve(steps.push('second')))
    await first
    expect(steps).toEqual(['first', 'second'])
    expect(said).toEqual([expect.stringContaining('waiting')])
  })

  test('is not blocked by a lock whose owner died', async () => {
    const root = scratchDir()
    const pidOfNobody = 2 ** 22 + 1
    mkdirSync(join(root, '.heteroscale/locks'), { recursive: true })
    writeFileSync(join(root, '.heteroscale/locks/npm-ci'), String(pidOfNobody))
    expect(await exclusively({ root, name: 'npm-ci', say: quiet }, () => Promise.resolve('done'))).toBe('done')
  })

  test('that fails gives the lock back', async () => {
    const root = scratchDir()
    const failing = exclusively({ root, name: 'build', say: quiet }, () => Promise.reject(new Error('no')))
    await expect(failing).rejects.toThrow('no')
    expect(await exclusively({ root, name: 'build', say: quiet }, () => Promise.resolve('done'))).toBe('done')
  })
})

test('a test file that does not load counts as one failure', () => {
  const broken = { status: 'failed', assertionResults: [] }
  const failing = { status: 'failed', assertionResults: [{ status: 'failed' }, { status: 'passed' }] }
  expect(countTests({ numPassedTests: 1, numFailedTests: 1, testResults: [broken, failing] })).toEqual({ passed: 1, failed: 2 })
})

test('the verdict counts the tests of all projects', () => {
  expect(sumOf([{ passed: 3, failed: 1 }, { passed: 4, failed: 0 }])).toEqual({ passed: 7, failed: 1 })
})

test('a step that runs beside another gives its lines one by one, the last ones too, and its exit code', async () => {
  const lines: string[] = []
  const script = 'console.log("one"); console.error("two"); process.stdout.write("three\\nfour"); process.exitCode = 7'
  expect(await runStep(projectRoot, ['node', '-e', script], { onLine: (line) => void lines.push(line) })).toBe(7)
  expect(lines.filter((line) => line !== 'two')).toEqual(['one', 'three', 'four'])
  expect(lines).toContain('two')
})
