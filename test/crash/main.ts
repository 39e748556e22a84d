/**
 * `npm run test:crash`: strikes every crash point on real servers and writes the matrix. Arguments: names of groups, and
 * `--only PATTERN` for some of their cases; the page is written only when nothing was left out.
 */
import { writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { projectRoot } from '../../infra/local/project-root.ts'
import { groups } from './groups.ts'
import { matrixPage } from './matrix.ts'
import type { GroupResult } from './matrix.ts'

const page = join(projectRoot, 'docs/reliability-matrix.md')
const startedAt = Date.now()
const say = (line: string): void => console.log(`[${((Date.now() - startedAt) / 1000).toFixed(0).padStart(4)} s] ${line}`)

const [names, only] = readArguments(process.argv.slice(2))
const results: GroupResult[] = []
for (const group of groups.filter(({ name }) => names.length === 0 || names.includes(name))) {
  say(`── ${group.title}`)
  results.push(await group.run(say, only).catch((failure: unknown) => broken(group.title, failure)))
}
const rows = results.flatMap((result) => result.rows)
const checks = results.flatMap((result) => result.checks)
const failed = [...rows, ...checks].filter(({ fault }) => fault !== null).length
const text = matrixPage(results, { tookMs: Date.now() - startedAt, load: loadavg()[0] ?? 0, date: new Date().toISOString().slice(0, 10) })
if (names.length === 0 && only === undefined) writeFileSync(page, text)
else say(`a part only: ${page} stays as it is`)
console.log(text)
console.log(`${rows.length} crash points, ${checks.length} checks of whole histories, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)

/** A fleet that could not be started, or not be judged, is a failure as well. */
function broken(title: string, failure: unknown): GroupResult {
  const fault = failure instanceof Error ? failure.message : String(failure)
  say(`FAIL ${title}: ${fault}`)
  return { title, rows: [], checks: [{ check: 'the group ran', figures: 'none', fault }] }
}

function readArguments(args: readonly string[]): readonly [readonly string[], RegExp | undefined] {
  const at = args.indexOf('--only')
  return at === -1 ? [args, undefined] : [args.slice(0, at), new RegExp(args[at + 1] ?? '.')]
}
