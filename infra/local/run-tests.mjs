/**
 * `npm test`: everything a change must pass, from a bare clone, with one verdict as the last line. Arguments go to
 * vitest: `npm test -- test/core`. Node's built-ins only.
 *
 * Two lanes of equal length run side by side: fleets mostly wait, and the checks and the unit tests take the time that they leave.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compile } from '../bootstrap/compile.mjs'
import { installDependencies } from '../bootstrap/dependencies.mjs'
import { nodeVersionFault } from '../bootstrap/node-version.mjs'
import { nodeHere, nodeVariable } from '../bootstrap/other-node.mjs'
import { runStep, since } from '../bootstrap/run-step.mjs'
import { countTests, sumOf } from '../bootstrap/test-report.mjs'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const reportOf = (project) => join(root, `.heteroscale/test-report-${project}.json`)
const exitPrerequisiteMissing = 3
const prefixGivingWay = ['nice', '-n', '10']
const startedAt = Date.now()
const say = (line) => console.log(`npm test [${since(startedAt)}]: ${line}`)

const failedSteps = []
const counts = (await prepared()) ? await everything() : { passed: 0, failed: 0 }
finish(counts)

async function prepared() {
  const fault = nodeVersionFault(process.versions.node)
  if (fault !== undefined) return fail('Node version', fault)
  return attempt('npm packages', () => installDependencies(root, say))
}

async function everything() {
  // Tests start our services as their users do: compiled.
  await attempt('compile', () => compile(root, say))
  const withServers = await serversInstalled()
  const lanes = withServers ? [fleetsThenBenches(), checksThenUnit().then(andServers)] : [checksThenUnit()]
  const counted = sumOf(await Promise.all(lanes))
  if (!withServers) say('NOT RUN: the tests that need Kafka and Temporal, because of what is missing above')
  if (counted.passed + counted.failed === 0) fail('vitest', 'it found no test')
  return counted
}

/** What measures time here and there, and then the benches, which give way: their figures mean nothing here. */
async function fleetsThenBenches() {
  const fleets = await runVitest('fleets')
  return sumOf([fleets, await runVitest('benches', prefixGivingWay)])
}

/** All that needs no server gives way to the other lane. */
async function checksThenUnit() {
  for (const name of ['types', 'lint', 'boundaries']) await check(name, `check:${name}`)
  return runVitest('unit', prefixGivingWay)
}

async function andServers(counted) {
  return sumOf([counted, await runVitest('servers')])
}

async function check(name, script) {
  say(`checking ${name} ...`)
  const code = await runStep(root, [...prefixGivingWay, 'npm', 'run', '--silent', script], { onLine: console.log })
  if (code !== 0) fail(name, `npm run ${script} ended with exit code ${code}`)
}

/** False when this machine cannot have the servers and that is allowed: on a desk, not in CI. */
async function serversInstalled() {
  if (process.env.KAFKA_BROKERS && process.env.TEMPORAL_ADDRESS) return true
  say('installing the servers the tests talk to ...')
  const code = await runStep(root, ['node', '--import', 'tsx', 'infra/local/install.ts'])
  if (code === 0) return true
  if (code === exitPrerequisiteMissing && process.env.CI !== 'true') return false
  return fail('servers', `their installation ended with exit code ${code}`)
}

/** The tests of one project; lines of both lanes stand in the order in which they came. */
async function runVitest(project, prefix = []) {
  const report = reportOf(project)
  rmSync(report, { force: true })
  say(`running the tests of project ${project} ...`)
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const command = ['node', 'node_modules/vitest/vitest.mjs', 'run', '--project', project, '--passWithNoTests', ...reporters, ...process.argv.slice(2)]
  const code = await runStep(root, [...prefix, ...command], { env: nodesHere(), onLine: console.log })
  const counted = existsSync(report) ? countTests(JSON.parse(readFileSync(report, 'utf8'))) : { passed: 0, failed: 0 }
  if (code !== 0 && counted.failed === 0) fail(`vitest ${project}`, `it ended with exit code ${code} although no test is reported as failed`)
  return counted
}

/** Where tests that compare versions of Node find them; a version that is not installed has no variable. */
function nodesHere() {
  const found = [20, 24].map((major) => [nodeVariable(major), nodeHere(root, major)])
  return Object.fromEntries(found.filter(([, binary]) => binary !== undefined))
}

async function attempt(name, work) {
  try {
    await work()
    return true
  } catch (failure) {
    return fail(name, failure.message)
  }
}

function fail(name, why) {
  failedSteps.push(name)
  console.error(`npm test: ${name} FAILED: ${why}`)
  return false
}

function finish({ passed, failed }) {
  if (failedSteps.length > 0) console.log(`Failed steps, each counted as one failure: ${failedSteps.join(', ')}`)
  say('done')
  console.log(`${passed} passed, ${failed + failedSteps.length} failed`)
  process.exitCode = failed + failedSteps.length === 0 ? 0 : 1
}
