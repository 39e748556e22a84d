/**
 * The rules of the tree are only worth something if breaking one fails the check. Each story plants one violation in
 * a small copy of the tree, runs the real linters with the real configuration on it, and expects the rule by name.
 */
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const configuration = ['package.json', 'tsconfig.json', 'eslint.config.mjs', '.dependency-cruiser.mjs']

/** A tree that keeps all rules: the control of every story. */
const clean: { readonly [path: string]: string } = {
  'core/counts.ts': 'export const total = (a: number, b: number): number => a + b\n',
  'workflows/activities/apply.ts': "import { total } from '../../core/counts.ts'\nexport const apply = async (n: number): Promise<number> => total(n, 1)\n",
  'workflows/rollout.ts':
    "import { proxyActivities } from '@temporalio/workflow'\nimport type { apply } from './activities/apply.ts'\nconst activities = proxyActivities<{ apply: typeof apply }>({ startToCloseTimeout: '4s' })\nexport const rollout = async (): Promise<number> => {\n  return await activities.apply(1)\n}\n",
  'services/collector/poll.ts': "import { total } from '../../core/counts.ts'\nexport const poll = (): number => total(1, 2)\n",
  'test/checker/one-effect.ts': "import { createHash } from 'node:crypto'\nimport avro from 'avsc'\nexport const oneEffect = (): unknown => [createHash, avro]\n",
  'services/decider/loop.ts': "import { total } from '../../core/counts.ts'\nexport const loop = (): number => total(3, 4)\n",
}

let tree: string

beforeAll(() => {
  tree = mkdtempSync(join(tmpdir(), 'heteroscale-planted-'))
  for (const file of configuration) cpSync(join(root, file), join(tree, file))
  symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'))
  for (const [path, text] of Object.entries(clean)) write(path, text)
})

afterAll(() => rmSync(tree, { recursive: true, force: true }))

const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(tree, path)), { recursive: true })
  writeFileSync(join(tree, path), text)
}

const run = (tool: string, args: readonly string[]): Promise<{ failed: boolean; output: string }> =>
  new Promise((done) => {
    execFile(join(root, 'node_modules/.bin', tool), args, { cwd: tree }, (error, stdout, stderr) =>
      done({ failed: error !== null, output: stdout + stderr }),
    )
  })

const lint = () => run('eslint', ['core', 'workflows', 'services'])
const cruise = () => run('depcruise', ['--config', '.dependency-cruiser.mjs', '--output-type', 'err-long', 'core', 'workflows', 'services', 'test/checker'])

/** Plants `text` at `path`, checks, and puts the clean file back. */
const plant = async (path: string, text: string, check: typeof lint): Promise<{ failed: boolean; output: string }> => {
  write(path, text)
  try {
    return await check()
  } finally {
    if (clean[path] === undefined) rmSync(join(tree, path))
    else write(path, clean[path])
  }
}

test('the tree without a violation passes both checks', async () => {
  const [boundaries, lints] = await Promise.all([cruise(), lint()])
  expect(boundaries).toMatchObject({ failed: false })
  expect(lints).toMatchObject({ failed: false, output: expect.not.stringContaining('error') })
}, 60_000)

describe('planted imports', () => {
  test.each([
    ['core imports node:', 'core/counts.ts', "import { cpus } from 'node:os'\nexport const total = (): number => cpus().length\n", 'core-is-pure'],
    ['core imports a package', 'core/counts.ts', "import pino from 'pino'\nexport const total = (): unknown => pino\n", 'core-is-pure'],
    [
      'a workflow imports an activity by value',
      'workflows/rollout.ts',
      "import { apply } from './activities/apply.ts'\nexport const rollout = async (): Promise<number> => apply(1)\n",
      'workflows-see-activities-as-types',
    ],
    [
      'a service imports another',
      'services/collector/poll.ts',
      "import { loop } from '../decider/loop.ts'\nexport const poll = (): number => loop()\n",
      'services-are-strangers',
    ],
    [
      'the checker takes a rule from core',
      'test/checker/one-effect.ts',
      "import { total } from '../../core/counts.ts'\nexport const oneEffect = (): number => total(1, 2)\n",
      'checker-is-a-stranger',
    ],
    [
      'the checker takes a type from core',
      'test/checker/one-effect.ts',
      "import type { total } from '../../core/counts.ts'\nexport const oneEffect = (given: typeof total): number => given(1, 2)\n",
      'checker-is-a-stranger',
    ],
    ['the checker reads with a package of its own', 'test/checker/one-effect.ts', "import { Kafka } from 'kafkajs'\nexport const oneEffect = (): unknown => Kafka\n", 'checker-is-a-stranger'],
    [
      'a frame that re-exports a service',
      'services/bridge.ts',
      "export { loop } from './decider/loop.ts'\n",
      'frame-knows-no-service',
    ],
  ])('%s', async (_story, path, text, rule) => {
    const { failed, output } = await plant(path, text, cruise)
    expect(output).toContain(rule)
    expect(failed).toBe(true)
  }, 60_000)
})

describe('planted clocks and forgotten effects', () => {
  test.each([
    ['Date.now in core', 'core/counts.ts', 'export const total = (): number => Date.now()\n', 'take the time from the event'],
    [
      'Date.now in a workflow',
      'workflows/rollout.ts',
      'export const rollout = async (): Promise<number> => Promise.resolve(Date.now())\n',
      'take the time from the event',
    ],
    ['a clock under another name in core', 'core/counts.ts', 'const clock = Date\nexport const total = (): number => clock.now()\n', 'hides a clock'],
    ['a clock through globalThis in core', 'core/counts.ts', 'export const total = (): number => globalThis.performance.now()\n', 'name what you need'],
    ['Math.random in core', 'core/counts.ts', 'export const total = (): number => Math.random()\n', 'seeded generator'],
    [
      'an un-awaited activity, which is a skipped step',
      'workflows/rollout.ts',
      (clean['workflows/rollout.ts'] as string).replace('return await activities.apply(1)', 'activities.apply(1)\n  return 1'),
      'no-floating-promises',
    ],
  ])('%s', async (_story, path, text, rule) => {
    const { failed, output } = await plant(path, text, lint)
    expect(output).toContain(rule)
    expect(failed).toBe(true)
  }, 60_000)
})
