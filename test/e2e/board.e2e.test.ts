/**
 * The board and the alerts on a live fleet: a real Prometheus scrapes every process during a story, and each panel and each
 * rule is asked what it shows. Grafana itself is not run here: its board is checked as a file (test/infra/board.test.ts).
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { countEnds } from '../../cli/demo/ledger.ts'
import { pickPort } from '../../infra/local/ports.ts'
import { superviseProcess, type ServerHandle } from '../../infra/local/process.ts'
import { board, expressions, hasTool, metricsIn, ruleFiles, rules } from '../infra/board.ts'
import { until } from '../support/until.ts'
import { beginStory, type FleetStory } from './fleet-story.ts'

/**
 * Series that this story cannot bring about. The fleet runs in simulated time, and the broker's clock has no place in
 * it, so its log has no skew; test/services/decider/clock-trust.test.ts tells what a real-time decider shows.
 */
const withoutSamples = ['heteroscale_decider_tick_skew_seconds', 'heteroscale:tick_skew_seconds:max']
/** Alerts are about troubles: in a fleet that is well each must evaluate, and may be empty. */
const panels = board.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })))
const shown = panels.filter(({ expr }) => !metricsIn(expr).some((name) => withoutSamples.includes(name)))

/** What Prometheus must have seen before anything is asked of it: both directions decided, both carried out. */
const endOfTheStory = [
  'sum(heteroscale_decider_decisions_total{kind="scale-out"})',
  'sum(heteroscale_decider_decisions_total{kind="scale-in"})',
  'sum(heteroscale_rollouts_total{outcome="committed"}) >= 2 and on () heteroscale:rollouts:undone_ratio_1h >= 0',
]

const canRun = hasTool('prometheus')
let story: FleetStory | null = null
let prometheus: ServerHandle | null = null
let url = ''
let beganAt = 0

const startPrometheus = async ({ running }: FleetStory): Promise<void> => {
  const port = await pickPort(9090)
  const { dir } = running.stack
  const config = join(dir, 'prometheus.yml')
  // JSON is YAML. The interval is short, so that a story of a minute has rates.
  const targets = Object.values(running.fleet.urls).map((address) => new URL(address).host)
  const scrape = { job_name: 'heteroscale', static_configs: [{ targets }] }
  writeFileSync(config, JSON.stringify({ global: { scrape_interval: '1s', evaluation_interval: '1s' }, rule_files: ruleFiles, scrape_configs: [scrape] }))
  url = `http://127.0.0.1:${port}`
  prometheus = superviseProcess({
    name: 'prometheus',
    command: 'prometheus',
    args: [`--config.file=${config}`, `--storage.tsdb.path=${join(dir, 'prometheus')}`, `--web.listen-address=127.0.0.1:${port}`],
    logFile: join(dir, 'prometheus.log'),
    probe: async () => {
      const response = await fetch(`${url}/-/ready`)
      if (!response.ok) throw new Error(`${response.status}`)
    },
  })
  await prometheus.whenReady()
}

const ask = async <T>(path: string, query: Record<string, string>): Promise<T> => {
  const response = await fetch(`${url}/api/v1/${path}?${new URLSearchParams(query).toString()}`)
  const answer = (await response.json()) as { readonly status: string; readonly error?: string; readonly data: T }
  if (answer.status !== 'success') throw new Error(`${path} ${JSON.stringify(query)}: ${answer.error}`)
  return answer.data
}

type Series = { readonly metric: { readonly [label: string]: string }; readonly values: readonly (readonly [number, string])[] }

/** What a panel shows over the whole story. */
const range = async (query: string): Promise<readonly Series[]> => {
  const [start, end] = [beganAt / 1000, Date.now() / 1000]
  return (await ask<{ readonly result: readonly Series[] }>('query_range', { query, start: String(start), end: String(end), step: '1' })).result
}

const order = async (control: string, value: string): Promise<void> => {
  const response = await fetch(`${story?.running.fleet.apiUrl}/api/v1/controls?waitSeconds=20`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-heteroscale-author': 'ada' },
    body: JSON.stringify({ scope: 'fleet', control, value, reason: 'a look at the board' }),
  })
  if (!response.ok) throw new Error(`order: ${response.status} ${await response.text()}`)
}

beforeAll(async () => {
  if (!canRun) return
  story = await beginStory()
  const { ledger } = story
  beganAt = Date.now()
  await startPrometheus(story)
  await story.traffic(30)
  await until('a committed scale-out', () => countEnds(ledger, 'committed', 'scale-out') > 0)
  await order('freeze', 'on')
  await until('the freeze shows', async () => (await range('heteroscale_controls_in_force{control="freeze"} == 1')).length > 0)
  await order('freeze', 'released')
  await story.traffic(12)
  await until('a committed scale-in', () => countEnds(ledger, 'committed', 'scale-in') > 0)
  // Prometheus scrapes each process by its own clock, and evaluates its rules, behind the story: two committed
  // scale-outs may show before the decision of the scale-in does.
  for (const query of endOfTheStory) await until(`the end shows in ${query}`, async () => (await range(`(${query}) > 0`)).length > 0)
})
// In CI it must be there (board.ts); elsewhere what did not run must not look as if it had.
beforeEach(({ skip }) => skip(!canRun, 'Prometheus is not installed'))
afterAll(async () => {
  await prometheus?.stop()
  await story?.stop()
})

describe('a fleet with a Prometheus beside it', () => {
  test('is scraped whole', async () => {
    const up = await range('up{job="heteroscale"} == 1')
    expect(up).toHaveLength(Object.keys(story?.running.fleet.urls ?? {}).length)
  })

  test('has samples of every series that a panel or a rule names', async () => {
    const names = [...new Set(expressions.flatMap(({ expr }) => metricsIn(expr)))].filter((name) => name !== 'ALERTS' && !withoutSamples.includes(name))
    const empty: string[] = []
    for (const name of names) if ((await range(name)).length === 0) empty.push(name)
    expect(names.length).toBeGreaterThan(40)
    expect(empty).toEqual([])
  })

  test.each(shown.map(({ title, expr }) => [title, expr] as const))('shows something in "%s"', async (_title, expr) => {
    const series = await range(expr)
    expect(series.length).toBeGreaterThan(0)
    expect(series.some(({ values }) => values.some(([, value]) => value !== 'NaN'))).toBe(true)
  })

  test('shows what happened: both directions, a freeze, one owner a partition', async () => {
    const last = async (query: string) => Number((await range(query)).at(0)?.values.at(-1)?.[1] ?? Number.NaN)
    expect(await last('sum(heteroscale_decider_decisions_total{kind="scale-out"})')).toBeGreaterThan(0)
    expect(await last('sum(heteroscale_decider_decisions_total{kind="scale-in"})')).toBeGreaterThan(0)
    expect(await last('sum(heteroscale_rollouts_total{outcome="committed"})')).toBeGreaterThanOrEqual(2)
    expect(await last('sum(heteroscale_decider_owner)')).toBe(4)
    expect(await last('sum(heteroscale_registrar_band_excursions_total)')).toBe(0)
  })

  test('evaluates every rule, and nobody is woken', async () => {
    type Groups = { readonly groups: readonly { readonly rules: readonly { readonly name: string; readonly health: string; readonly lastError?: string }[] }[] }
    const all = (await ask<Groups>('rules', {})).groups.flatMap((group) => group.rules)
    expect(all).toHaveLength(rules.length)
    expect(all.filter(({ health }) => health !== 'ok')).toEqual([])
    expect(await range('ALERTS{alertstate="firing"}')).toEqual([])
  })
})
