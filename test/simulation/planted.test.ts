/** The simulation is worth something only if it finds a bug that is there. */
import { spawnSync } from 'node:child_process'
import { cpus } from 'node:os'
import { expect, test } from 'vitest'
import { useSimulation } from './simulation.ts'

const simulation = useSimulation()

/** Killed between the commit and the outputs, a decider never writes them: the next one folds that input silently. */
const mostSeeds = 10

test('a decider that commits its offset first loses orders, and some seed shows it', async () => {
  const { judge } = simulation.current
  const found: string[] = []
  for (let seed = 1; seed <= mostSeeds && found.length === 0; seed += 1) {
    const only = ['crash-decider', 'slow-writes', 'pause-decider'] as const
    const planted = await judge(seed, { only, commitsFirst: true })
    const sound = await judge(seed, { only })
    expect(sound.summary.violations).toEqual([])
    found.push(...planted.summary.violations.map(({ invariant }) => invariant))
  }
  expect(found.length).toBeGreaterThan(0)
}, 1_800_000)

test('the command begins no further seed once one has failed, when it is told so', () => {
  const args = ['infra/simulation/simulate.mjs', '--seeds', '1000', '--only', 'crash-decider,slow-writes,pause-decider', '--plant', 'commit-first', '--until-failure', '--json']
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 1e8 })
  const { histories, failed } = JSON.parse(stdout.split('\n').find((line) => line.startsWith('{')) ?? '{}') as { readonly histories: number; readonly failed: readonly unknown[] }
  expect(status).toBe(1)
  expect(failed.length).toBeGreaterThan(0)
  expect(histories).toBeLessThanOrEqual(mostSeeds + cpus().length)
}, 1_800_000)
