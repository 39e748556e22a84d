/** The package as npm makes it, installed beside its dependencies: what `heteroscale/producer` and the command need is inside. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { ensureTopics } from '../../adapters/kafka/topics.ts'
import { projectRoot } from '../../infra/local/project-root.ts'

const folder = mkdtempSync(join(tmpdir(), 'heteroscale-package-'))
const modules = join(folder, 'node_modules')

beforeAll(async () => {
  await ensureTopics({ brokers: inject('kafkaBrokers'), clientId: 'test', topicPrefix: 'heteroscale' })
  // The tests' servers were started from the compiled form, so that it need not be made again.
  execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], { cwd: projectRoot })
  mkdirSync(join(modules, 'heteroscale'), { recursive: true })
  const [tarball = ''] = readdirSync(folder).filter((name) => name.endsWith('.tgz'))
  execFileSync('tar', ['-xzf', join(folder, tarball), '--strip-components=1', '-C', join(modules, 'heteroscale')])
  for (const name of readdirSync(join(projectRoot, 'node_modules'))) symlinkSync(join(projectRoot, 'node_modules', name), join(modules, name))
})
afterAll(() => rmSync(folder, { recursive: true }))

const node = (...args: readonly string[]): string => execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })

test('a program that has installed it writes to a broker: schemas and dependencies are found', () => {
  const options = JSON.stringify({ brokers: inject('kafkaBrokers'), source: 'gateway/sub-a' })
  const program = `
    import { createMetricsProducer } from 'heteroscale/producer'
    const producer = await createMetricsProducer(${options})
    const { outcome } = await producer.observe({ service: 'chat', role: 'decode', windowStartMs: Date.now() - 5000, windowEndMs: Date.now(), instancesHeard: 1, instancesRegistered: 1, tps: 3 })
    console.log(outcome)
    await producer.close()`
  expect(node('--input-type=module', '-e', program).trim()).toBe('acknowledged')
})

test('its command runs as it is, and builds nothing', () => {
  expect(node('node_modules/heteroscale/cli/heteroscale.mjs', '--help')).toContain('heteroscale explain')
})

test('it holds neither tests nor sources, nor what only makes it', () => {
  expect(readdirSync(join(modules, 'heteroscale')).sort()).toEqual(['LICENSE', 'README.md', 'cli', 'cores', 'dist', 'infra', 'package.json', 'schemas'])
})
