/**
 * The rules of the tree are only worth something if breaking one fails the check. Each story plants one violation, in a file of
 * its own beside those of a small tree that keeps all rules. The real linters with the real configuration see the tree before
 * and after, once each, since a start takes seconds; each story expects its rule, as an error, in its file.
 */
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const configuration = ['package.json', 'tsconfig.json', 'eslint.config.mjs', '.dependency-cruiser.mjs']

/** A tree that keeps all rules: the control of all stories. */
const clean: { readonly [path: string]: string } = {
  'core/counts.ts': 'export const total = (a: number, b: number): number => a + b\n',
  'workflows/activities/apply.ts': "import { total } from '../../core/counts.ts'\nexport const apply = async (n: number): Promise<number> => total(n, 1)\n",
  'workflows/rollout.ts':
    "import { proxyActivities } from '@temporalio/workflow'\nimport type { apply } from './activities/apply.ts'\nconst activities = proxyActivities<{ apply: typeof apply }>({ startToCloseTimeout: '4s' })\nexport const rollout = async (): Promise<number> => {\n  return await activities.apply(1)\n}\n",
  'services/collector/poll.ts': "import { total } from '../../core/counts.ts'\nexport const poll = (): number => total(1, 2)\n",
  'test/checker/one-effect.ts': "import { createHash } from 'node:crypto'\nimport avro from 'avsc'\nexport const oneEffect = (): unknown => [createHash, avro]\n",
  'services/decider/loop.ts': "import { total } from '../../core/counts.ts'\nexport const loop = (): number => total(3, 4)\n",
}

type Story = readonly [what: string, path: string, text: string, rule: string]

const imports: readonly Story[] = [
  ['core imports node:', 'core/reads-machine.ts', "import { cpus } from 'node:os'\nexport const total = (): number => cpus().length\n", 'core-is-pure'],
  ['core imports a package', 'core/logs.ts', "import pino from 'pino'\nexport const total = (): unknown => pino\n", 'core-is-pure'],
  [
    'a workflow imports an activity by value',
    'workflows/applies-itself.ts',
    "import { apply } from './activities/apply.ts'\nexport const rollout = async (): Promise<number> => apply(1)\n",
    'workflows-see-activities-as-types',
  ],
  [
    'a service imports another',
    'services/collector/meddles.ts',
    "import { loop } from '../decider/loop.ts'\nexport const poll = (): number => loop()\n",
    'services-are-strangers',
  ],
  [
    'the checker takes a rule from core',
    'test/checker/borrowed-rule.ts',
    "import { total } from '../../core/counts.ts'\nexport const oneEffect = (): number => total(1, 2)\n",
    'checker-is-a-stranger',
  ],
  [
    'the checker takes a type from core',
    'test/checker/borrowed-type.ts',
    "import type { total } from '../../core/counts.ts'\nexport const oneEffect = (given: typeof total): number => given(1, 2)\n",
    'checker-is-a-stranger',
  ],
  [
    'the checker reads with a package of its own',
    'test/checker/own-client.ts',
    "import { Kafka } from 'kafkajs'\nexport const oneEffect = (): unknown => Kafka\n",
    'checker-is-a-stranger',
  ],
  ['a frame that re-exports a service', 'services/bridge.ts', "export { loop } from './decider/loop.ts'\n", 'frame-knows-no-service'],
]

const effects: readonly Story[] = [
  ['Date.now in core', 'core/clock.ts', 'export const total = (): number => Date.now()\n', 'take the time from the event'],
  [
    'Date.now in a workflow',
    'workflows/clock.ts',
    'export const rollout = async (): Promise<number> => Promise.resolve(Date.now())\n',
    'take the time from the event',
  ],
  ['a clock under another name in core', 'core/hidden-clock.ts', 'const clock = Date\nexport const total = (): number => clock.now()\n', 'hides a clock'],
  ['a clock through globalThis in core', 'core/global-clock.ts', 'export const total = (): number => globalThis.performance.now()\n', 'name what you need'],
  ['Math.random in core', 'core/dice.ts', 'export const total = (): number => Math.random()\n', 'seeded generator'],
  [
    'an un-awaited activity, which is a skipped step',
    'workflows/forgets.ts',
    (clean['workflows/rollout.ts'] as string).replace('return await activities.apply(1)', 'activities.apply(1)\n  return 1'),
    'no-floating-promises',
  ],
]

/** One fault that a linter names: where, which rule, and what it tells the author. */
type Fault = { readonly path: string; readonly says: string; readonly isError: boolean }
type Report = { readonly failed: boolean; readonly faults: readonly Fault[] }

let tree: string
let before: { readonly boundaries: Report; readonly lints: Report }
let after: typeof before

beforeAll(async () => {
  tree = mkdtempSync(join(tmpdir(), 'heteroscale-planted-'))
  for (const file of configuration) cpSync(join(root, file), join(tree, file))
  symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'))
  for (const [path, text] of Object.entries(clean)) write(path, text)
  before = { boundaries: await cruise(), lints: await lint() }
  for (const [, path, text] of [...imports, ...effects]) write(path, text)
  after = { boundaries: await cruise(), lints: await lint() }
}, 120_000)

afterAll(() => rmSync(tree, { recursive: true, force: true }))

const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(tree, path)), { recursive: true })
  writeFileSync(join(tree, path), text)
}

const run = (tool: string, args: readonly string[]): Promise<{ readonly failed: boolean; readonly output: string }> =>
  new Promise((done) => {
    execFile(join(root, 'node_modules/.bin', tool), args, { cwd: tree }, (error, stdout, stderr) => {
      if (stderr !== '') console.error(stderr)
      done({ failed: error !== null, output: stdout })
    })
  })

type LintedFile = { readonly filePath: string; readonly messages: readonly { readonly ruleId: string | null; readonly message: string; readonly severity: number }[] }

const lint = async (): Promise<Report> => {
  const { failed, output } = await run('eslint', ['--format', 'json', 'core', 'workflows', 'services'])
  const files = JSON.parse(output) as readonly LintedFile[]
  const faultsOf = ({ filePath, messages }: LintedFile) =>
    messages.map(({ ruleId, message, severity }) => ({ path: relative(realpathSync(tree), filePath), says: `${ruleId}: ${message}`, isError: severity === 2 }))
  return { failed, faults: files.flatMap(faultsOf) }
}

const cruise = async (): Promise<Report> => {
  const { failed, output } = await run('depcruise', ['--config', '.dependency-cruiser.mjs', '--output-type', 'err', 'core', 'workflows', 'services', 'test/checker'])
  const faults = output.matchAll(/^ *(error|warn|info) (\S+): (\S+)/gm)
  return { failed, faults: [...faults].map(([, severity, rule = '', path = '']) => ({ path, says: rule, isError: severity === 'error' })) }
}

const errorsIn = ({ faults }: Report, path: string): string => faults.filter((fault) => fault.path === path && fault.isError).map(({ says }) => says).join('\n')

test('the tree without a violation passes both checks', () => {
  const passed: Report = { failed: false, faults: [] }
  expect(before).toEqual({ boundaries: passed, lints: passed })
})

test('the tree with the violations passes neither, and what keeps the rules is not named', () => {
  for (const { failed, faults } of [after.boundaries, after.lints]) {
    expect(failed).toBe(true)
    expect(faults.filter(({ path }) => path in clean)).toEqual([])
  }
})

describe('planted imports', () => {
  test.each(imports)('%s', (_story, path, _text, rule) => expect(errorsIn(after.boundaries, path)).toContain(rule))
})

describe('planted clocks and forgotten effects', () => {
  test.each(effects)('%s', (_story, path, _text, rule) => expect(errorsIn(after.lints, path)).toContain(rule))
})
