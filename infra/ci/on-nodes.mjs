/**
 * Runs one command on several versions of Node, one after the other, all of them even if the first fails:
 * `node infra/ci/on-nodes.mjs 20,24 npm test`. With several versions the last line is the sum of their verdicts, `N passed, N failed`.
 * Built-ins only.
 */
import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { environmentOn, nodeOf, nodeVariable } from '../bootstrap/other-node.mjs'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const say = (line) => console.log(`on-nodes: ${line}`)
const [list = '', ...command] = process.argv.slice(2)
const majors = list.split(',').map(Number)

if (command.length === 0 || !majors.every((major) => Number.isInteger(major) && major > 0)) {
  console.error('E_USAGE on-nodes: got no versions or no command; expected: node infra/ci/on-nodes.mjs 20,24 npm test; nothing was done')
  process.exit(2)
}
process.exitCode = await main().catch((failure) => {
  console.error(failure.message)
  return 3
})

async function main() {
  const binaries = []
  for (const major of majors) binaries.push([major, await nodeOf(root, major, { say })])
  // Tests that compare versions find each of them here.
  const names = Object.fromEntries(binaries.map(([major, binary]) => [nodeVariable(major), binary]))
  const verdicts = []
  for (const [major, binary] of binaries) {
    say(`Node ${major} (${binary}): ${command.join(' ')}`)
    const beganAt = Date.now()
    verdicts.push({ ...verdictOf(await runOn(binary, names)), seconds: Math.round((Date.now() - beganAt) / 1000) })
  }
  if (verdicts.length === 1) return verdicts[0].code
  return sum(verdicts)
}

/** Streams the output through and keeps its last line. */
function runOn(binary, names) {
  return new Promise((resolve) => {
    // Under the guard, so that nothing of it outlives this process.
    const child = spawn('/bin/sh', [join(root, 'infra/local/guard.sh'), ...command], {
      cwd: root,
      env: { ...environmentOn(binary), ...names },
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
    })
    let tail = ''
    child.stdout.on('data', (bytes) => {
      process.stdout.write(bytes)
      tail = (tail + bytes).slice(-1000)
    })
    child.once('exit', () => child.stdio[3].destroy())
    child.once('close', (code) => resolve({ code: code ?? 1, tail }))
  })
}

/** A run without a verdict, or one that ends badly without having counted a failure, is one failure: silence is not success. */
function verdictOf({ code, tail }) {
  const verdict = /^(\d+) passed, (\d+) failed$/m.exec(tail.trimEnd().split('\n').at(-1))
  if (verdict === null) return { code, passed: 0, failed: 1 }
  const [passed, failed] = verdict.slice(1).map(Number)
  return { code, passed, failed: code !== 0 && failed === 0 ? 1 : failed }
}

function sum(verdicts) {
  const total = verdicts.reduce((sums, { passed, failed }) => ({ passed: sums.passed + passed, failed: sums.failed + failed }), { passed: 0, failed: 0 })
  majors.forEach((major, index) => say(`Node ${major}: ${verdicts[index].passed} passed, ${verdicts[index].failed} failed, ${verdicts[index].seconds} s`))
  console.log(`${total.passed} passed, ${total.failed} failed`)
  return total.failed === 0 ? 0 : 1
}
