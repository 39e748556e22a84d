/**
 * Many histories under faults, judged by the simulation's own invariants. HETEROSCALE_SIMULATION_SEEDS says how many,
 * HETEROSCALE_SIMULATION_FROM the first. The same seeds every day for now: other ones find what is still open (docs/reliability.md), and so
 * does the independent checker, which judges every seed of `npm run simulate`. A seed that fails is told by `npm run simulate -- --seed N`.
 */
import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
/** 60 take a minute on two cores. */
const count = Number(process.env.HETEROSCALE_SIMULATION_SEEDS ?? 60)
const from = Number(process.env.HETEROSCALE_SIMULATION_FROM ?? 1)

const simulate = (...args: readonly string[]): Promise<{ readonly code: number; readonly output: string }> =>
  new Promise((done) => {
    execFile('node', ['infra/simulation/simulate.mjs', ...args], { cwd: root, maxBuffer: 1e8 }, (error, stdout, stderr) => {
      done({ code: error === null ? 0 : Number(error.code ?? 1), output: `${stdout}${stderr}` })
    })
  })

test(`${count} histories from seed ${from} on keep the simulation's own invariants`, async () => {
  const { code, output } = await simulate('--own', '--seeds', String(count), '--from', String(from))
  console.log(output)
  expect({ code, failures: output.split('\n').filter((line) => line.startsWith('seed ')) }).toEqual({ code: 0, failures: [] })
}, 1_800_000)

test('help has examples, and a wrong question is told', async () => {
  const help = await simulate('--help')
  expect(help.code).toBe(0)
  expect(help.output).toContain('npm run simulate -- --seed 42 --shrink')
  const wrong = await simulate('--seeds', 'many')
  expect(wrong.code).toBe(2)
  expect(wrong.output).toContain("--seeds: got 'many'; allowed: a whole number")
}, 120_000)
