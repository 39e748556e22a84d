/** Every bench runs to its end with tiny sizes and says something: what they say at that size means nothing. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, inject, it } from 'vitest'
import type { Result } from '../../bench/result.ts'
import { projectRoot } from '../../infra/local/project-root.ts'

const quick = async (bench: string, env: Record<string, string | undefined> = {}, more: readonly string[] = []): Promise<Result> => {
  const args = ['--import', 'tsx', 'bench/main.ts', bench, '--quick', ...more]
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: projectRoot, env: { ...process.env, ...env }, maxBuffer: 16 * 1024 * 1024 })
  return JSON.parse(stdout) as Result
}

const expectFigures = ({ figures, rounds, commit, machine }: Result): void => {
  expect(rounds.length).toBeGreaterThan(0)
  expect(Object.values(figures).filter((figure) => !Number.isFinite(figure))).toEqual([])
  expect(commit).not.toBe('')
  expect(machine.cores).toBeGreaterThan(0)
}

describe('a quick run of', () => {
  it.each(['decider', 'collector', 'replay'])('%s on a real broker measures something', async (bench) => {
    expectFigures(await quick(bench, { KAFKA_BROKERS: inject('kafkaBrokers').join(',') }))
  })

  it('scale measures something, without any server', async () => {
    expectFigures(await quick('scale'))
  })

  it('paired builds the last commit beside this checkout, and measures both', async () => {
    const result = await quick('paired', { KAFKA_BROKERS: inject('kafkaBrokers').join(',') }, ['--against', 'HEAD'])
    expectFigures(result)
    expect(result.bench).toMatch(/^paired-[0-9a-f]{12}$/)
    expect(result.goals.map(({ figure }) => figure)).toEqual(['foldRatio', 'deciderRatio', 'replayRatio', 'collectorRatio'])
  }, 600_000)

  it('latency brings a jump of the load into the sub-cluster, on servers of its own', async () => {
    const result = await quick('latency', { KAFKA_BROKERS: undefined, TEMPORAL_ADDRESS: undefined })
    expectFigures(result)
    expect(result.figures['p50Ms']).toBeGreaterThan(0)
  })
})
