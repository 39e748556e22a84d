/**
 * Many histories under faults, other ones each day, judged by the simulation's own invariants and by the independent checker. The seeds follow
 * from the date (UTC), so that everybody has the same ones on one day; HETEROSCALE_SIMULATION_FROM says another first seed, HETEROSCALE_SIMULATION_SEEDS
 * how many. A seed that fails is told by the line that is printed with it.
 */
import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const count = Number(process.env.HETEROSCALE_SIMULATION_SEEDS ?? 500)
/** A thousand seeds for each day, far from those that people type. */
const seedOfToday = 1_000_000 + 1_000 * Math.floor(Date.now() / 86_400_000)
const from = Number(process.env.HETEROSCALE_SIMULATION_FROM ?? seedOfToday)

const simulate = (...args: readonly string[]): Promise<{ readonly code: number; readonly output: string }> =>
  new Promise((done) => {
    execFile('node', ['infra/simulation/simulate.mjs', ...args], { cwd: root, maxBuffer: 1e8 }, (error, stdout, stderr) => {
      done({ code: error === null ? 0 : Number(error.code ?? 1), output: `${stdout}${stderr}` })
    })
  })

test(`the ${count} histories of seeds ${from} to ${from + count - 1} keep every invariant, and hold enough to prove it`, async () => {
  const { code, output } = await simulate('--seeds', String(count), '--from', String(from))
  console.log(`npm run simulate -- --seeds ${count} --from ${from}\n${output}`)
  const failures = output.split('\n').filter((line) => line.startsWith('seed ') || line.startsWith('again:'))
  expect({ code, failures }).toEqual({ code: 0, failures: [] })
}, 1_800_000)

test('help has examples, and a wrong question is told', async () => {
  const help = await simulate('--help')
  expect(help.code).toBe(0)
  expect(help.output).toContain('npm run simulate -- --seed 42 --shrink')
  const wrong = await simulate('--seeds', 'many')
  expect(wrong.code).toBe(2)
  expect(wrong.output).toContain("--seeds: got 'many'; allowed: a whole number")
}, 120_000)
