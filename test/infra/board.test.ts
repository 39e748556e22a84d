/** The board and the alerts: they ask only for what the services say, are well formed, and each alert fires for what it is for. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createMetrics, type Metrics } from '../../adapters/prometheus/registry.ts'
import { projectRoot } from '../../infra/local/project-root.ts'
import { createCollectorMetrics, createGateMeters } from '../../services/collector/meters.ts'
import { createDeciderMetrics } from '../../services/decider/metrics.ts'
import { createLogMeters } from '../../services/log-meters.ts'
import { createOrchestratorMeters } from '../../services/orchestrator/meters.ts'
import { createPlacerMetrics } from '../../services/orchestrator/placer-metrics.ts'
import { createRegistrarMeters } from '../../services/registrar/meters.ts'
import { faultOfLine } from '../cli/command-tree.ts'
import { board, expressions, hasTool, metricsIn, ruleFiles, rules, ruleTests, type Panel } from './board.ts'

/** Everything that a service defines, by the very functions with which the services do it. */
const definitions: readonly ((metrics: Metrics) => unknown)[] = [
  createCollectorMetrics,
  createGateMeters,
  createDeciderMetrics,
  createLogMeters,
  createOrchestratorMeters,
  createPlacerMetrics,
  createRegistrarMeters,
]

const definedNames = async (): Promise<ReadonlySet<string>> => {
  const metrics = createMetrics('test')
  for (const define of definitions) define(metrics)
  const types = [...(await metrics.expose()).text.matchAll(/^# TYPE (\S+) (\S+)$/gm)]
  const names = types.flatMap(([, name = '', type]) => (type === 'histogram' ? [name, `${name}_bucket`, `${name}_sum`, `${name}_count`] : [name]))
  const recorded = rules.flatMap(({ record }) => (record === undefined ? [] : [record]))
  // Prometheus itself makes these two.
  return new Set([...names, ...recorded, 'up', 'ALERTS'])
}

describe('Every series that a panel or a rule names', () => {
  test('is defined by a service, recorded by a rule, or made by Prometheus', async () => {
    const defined = await definedNames()
    const unknown = expressions.flatMap(({ where, expr }) => metricsIn(expr).filter((name) => !defined.has(name)).map((name) => `${where}: ${name}`))
    expect(unknown).toEqual([])
    expect(expressions.filter(({ expr }) => metricsIn(expr).length === 0)).toEqual([])
  })

  test('is found in its expression, and nothing else is', () => {
    expect(metricsIn('sum by (le, kind) (rate(a_total{kind!="b_total"}[5m])) / on (cell) group_left (x) (b:c:rate1h > bool 0.5) or vector(0)')).toEqual(['a_total', 'b:c:rate1h'])
    expect(metricsIn('max(abs(skew_seconds)) > 2e3 and histogram_quantile(0.9, fold_bucket offset 5m) unless up == 1')).toEqual(['fold_bucket', 'skew_seconds', 'up'])
  })

  test('includes each of our own metrics: none is measured that nobody can see', async () => {
    const shown = new Set(expressions.flatMap(({ expr }) => metricsIn(expr)))
    const ours = [...(await definedNames())].filter((name) => name.startsWith('heteroscale_') && !/_(sum|count|bucket)$/.test(name))
    expect(ours.filter((name) => !shown.has(name) && !shown.has(`${name}_bucket`))).toEqual([])
  })
})

describe('The board', () => {
  const panels = board.panels

  test('has ids of its own, one data source, and an expression in every panel', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    for (const { type, targets = [], datasource } of panels.filter(({ type }) => type !== 'row')) {
      expect(['timeseries', 'stat']).toContain(type)
      expect([datasource?.uid, ...targets.map((target) => target.datasource.uid)].every((uid) => uid === 'prometheus')).toBe(true)
      expect(targets.length).toBeGreaterThan(0)
    }
    expect(readFileSync(join(projectRoot, 'infra/grafana/provisioning/datasources/prometheus.yml'), 'utf8')).toContain('uid: prometheus\n')
  })

  test('lays no panel over another, and none beside the page', () => {
    const overlap = ({ gridPos: a }: Panel, { gridPos: b }: Panel) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
    const pairs = panels.flatMap((panel, index) => panels.slice(index + 1).filter((other) => overlap(panel, other)).map((other) => `${panel.title} / ${other.title}`))
    expect(pairs).toEqual([])
    expect(panels.filter(({ gridPos }) => gridPos.x + gridPos.w > 24)).toEqual([])
  })

  test('has a row for each question', () => {
    const rows = panels.filter(({ type }) => type === 'row').map(({ title }) => title)
    expect(rows).toEqual(['What is decided', 'Evidence', 'The log and its ticks', 'Rollouts and the band', 'Placement', 'The gate for foreign producers', 'Processes'])
  })
})

describe('Every alert', () => {
  const alerts = rules.filter(({ alert }) => alert !== undefined)
  const runbook = readFileSync(join(projectRoot, 'docs/runbook.md'), 'utf8')
  const anchors = [...runbook.matchAll(/^## (.+)$/gm)].map(([, title = '']) => title.toLowerCase().replace(/[^\w\s-]/g, '').replace(/ /g, '-'))

  test.each(alerts.map((rule) => [rule.alert, rule] as const))('%s says what to type, and where it is explained', (_name, { labels, annotations = {} }) => {
    expect(['warning', 'critical']).toContain(labels?.severity)
    expect(Object.keys(annotations).sort()).toEqual(['command', 'description', 'runbook_url', 'summary'])
    expect(runbook).toContain(`\n${annotations['command']}`)
    const [page, anchor = ''] = annotations['runbook_url']?.split('#') ?? []
    expect(page).toBe('docs/runbook.md')
    expect(anchors).toContain(anchor)
  })

  test.each(alerts.map((rule) => [rule.alert, rule.annotations?.['command'] ?? '']))('%s names a command that can be typed: %s', async (_name, command) => {
    const query = /^promtool query instant "\$PROMETHEUS" '([^']+)'$/.exec(command)?.[1]
    if (query === undefined) return expect(await faultOfLine(command)).toBeNull()
    const defined = await definedNames()
    expect(metricsIn(query).length).toBeGreaterThan(0)
    expect(metricsIn(query).filter((name) => !defined.has(name))).toEqual([])
  })

  test('has a story in which it fires', () => {
    const stories = ruleTests.map((file) => readFileSync(file, 'utf8')).join('\n')
    expect(alerts.map(({ alert }) => alert).filter((alert) => !stories.includes(`name: ${alert}\n`))).toEqual([])
  })
})

describe.skipIf(!hasTool('promtool'))('promtool', () => {
  test('accepts the rules', () => {
    expect(execFileSync('promtool', ['check', 'rules', ...ruleFiles]).toString()).toContain(`SUCCESS: ${rules.length} rules found`)
  })

  test('sees each alert fire in its story, and none in a fleet that is well', () => {
    expect(execFileSync('promtool', ['test', 'rules', ...ruleTests]).toString()).toContain('SUCCESS')
    // Seven seconds of one core, and this lane gives way to the other.
  }, 180_000)
})
