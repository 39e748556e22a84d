/** What the board and the rules ask of Prometheus, read from their files. */
import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { projectRoot } from '../../infra/local/project-root.ts'

export type Panel = {
  readonly id: number
  readonly title: string
  readonly type: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly datasource?: { readonly uid: string }
  readonly targets?: readonly { readonly refId: string; readonly expr: string; readonly datasource: { readonly uid: string } }[]
}
export type Board = { readonly uid: string; readonly title: string; readonly panels: readonly Panel[] }

export type Rule = {
  readonly record?: string
  readonly alert?: string
  readonly expr: string
  readonly labels?: { readonly severity?: string }
  readonly annotations?: { readonly [name: string]: string }
}

const rulesDir = join(projectRoot, 'infra/prometheus/rules')
export const ruleFiles: readonly string[] = readdirSync(rulesDir).map((file) => join(rulesDir, file))
export const ruleTests: readonly string[] = readdirSync(join(projectRoot, 'infra/prometheus/tests')).map((file) => join(projectRoot, 'infra/prometheus/tests', file))

export const board = JSON.parse(readFileSync(join(projectRoot, 'infra/grafana/dashboards/heteroscale.json'), 'utf8')) as Board

export const rules: readonly Rule[] = ruleFiles.flatMap((file) =>
  (parse(readFileSync(file, 'utf8')) as { readonly groups: readonly { readonly rules: readonly Rule[] }[] }).groups.flatMap((group) => group.rules),
)

/** Every expression with the place that it stands in. */
export const expressions: readonly { readonly where: string; readonly expr: string }[] = [
  ...board.panels.flatMap(({ title, targets = [] }) => targets.map(({ refId, expr }) => ({ where: `panel "${title}" ${refId}`, expr }))),
  ...rules.map(({ record, alert, expr }) => ({ where: record ?? alert ?? '', expr })),
]

/** Words of PromQL that may stand without a parenthesis behind them. */
const words = new Set(['by', 'without', 'and', 'or', 'unless', 'bool', 'on', 'ignoring', 'group_left', 'group_right', 'offset', 'Inf', 'NaN'])

/** Names of the series that an expression selects: what is neither a label, a function, a duration, nor a word of the language. */
export const metricsIn = (expr: string): readonly string[] => {
  const bare = expr
    .replace(/"(?:[^"\\]|\\.)*"/g, '')
    .replace(/\{[^}]*\}/g, ' ')
    .replace(/\[[^\]]*\]/g, ' ')
    .replace(/\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, ' ')
  const names = [...bare.matchAll(/(?<![\w:.])[a-zA-Z_:][\w:]*(?!\s*\()(?![\w:])/g)].map(([name]) => name)
  return [...new Set(names.filter((name) => !words.has(name)))].sort()
}

/** The Debian package `prometheus` brings both programs. */
export const missingTool = (name: 'promtool' | 'prometheus'): string | null => {
  try {
    execFileSync(name, ['--version'], { stdio: 'ignore' })
    return null
  } catch {
    return `${name} is not installed; on Debian and Ubuntu: sudo apt-get install -y prometheus, on macOS: brew install prometheus`
  }
}

/** In CI a missing tool is a failure (infra/ci/prepare installs it); at a desk it is told, and what needs it is not run. */
export const hasTool = (name: 'promtool' | 'prometheus'): boolean => {
  const missing = missingTool(name)
  if (missing === null) return true
  if (process.env['CI'] === 'true') throw new Error(`TOOL_MISSING ${missing}`)
  console.warn(`NOT RUN: ${missing}`)
  return false
}
