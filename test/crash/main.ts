/**
 * `npm run test:crash`: strikes every crash point on real servers and writes the matrix. Arguments: names of groups, and
 * `--only PATTERN` for some of their cases. What a group found is kept, and a part of it takes the place of what was known of
 * those cases, so that the page can be made again part by part.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { projectRoot } from '../../infra/local/project-root.ts'
import { groups } from './groups.ts'
import type { Group } from './groups.ts'
import { matrixPage } from './matrix.ts'
import type { GroupResult, Part } from './matrix.ts'

type Found = Pick<Part, 'rows' | 'checks'>

const unfinished = { check: 'the group ran to its end', figures: 'broken off', fault: 'the history was not judged' }
/** Kept beside the sources, so that a part can be made again in any checkout. */
const resultsDir = join(projectRoot, 'test/crash/results')
const page = join(projectRoot, 'docs/reliability-matrix.md')
const startedAt = Date.now()
const say = (line: string): void => console.log(`[${((Date.now() - startedAt) / 1000).toFixed(0).padStart(4)} s] ${line}`)

const [names, only] = readArguments(process.argv.slice(2))
const results: Part[] = []
for (const group of groups.filter(({ name }) => names.length === 0 || names.includes(name))) results.push(await run(group))
writePage()
const rows = results.flatMap((result) => result.rows)
const checks = results.flatMap((result) => result.checks).filter(({ isAsked }) => isAsked !== false)
const failed = [...rows, ...checks].filter(({ fault }) => fault !== null).length
console.log(`${rows.length} crash points, ${checks.length} checks of whole histories, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)

async function run(group: Group): Promise<Part> {
  say(`── ${group.title}`)
  const beganAt = Date.now()
  const known = knownParts(group)
  let load = 0
  const asPart = (found: Found): Part => {
    load = Math.max(load, loadavg()[0] ?? 0)
    return { ...found, date: new Date().toISOString().slice(0, 10), tookMs: Date.now() - beganAt, load }
  }
  const onRow = (rows: Found['rows']): void => {
    keep(group, known, asPart({ rows, checks: [unfinished] }))
  }
  const part = asPart(await group.run({ say, only, onRow }).catch((failure: unknown) => broken(group.title, failure)))
  if (part.rows.length > 0) keep(group, known, part)
  return part
}

/** A fleet that could not be started, or not be judged, is a failure as well. */
function broken(title: string, failure: unknown): Found {
  const fault = failure instanceof Error ? failure.message : String(failure)
  say(`FAIL ${title}: ${fault}`)
  return { rows: [], checks: [{ check: 'the group ran', figures: 'none', fault }] }
}

function keep({ name, title }: Group, known: readonly Part[], part: Part): void {
  mkdirSync(resultsDir, { recursive: true })
  const others = known.map((one) => without(part.rows, one)).filter(({ rows }) => rows.length > 0)
  writeFileSync(fileOf(name), `${JSON.stringify({ title, parts: [...others, part] }, null, 2)}\n`)
}

/** Parts of earlier runs; a whole group takes the place of them all. */
function knownParts({ name }: Group): readonly Part[] {
  if (only === undefined || !existsSync(fileOf(name))) return []
  return (JSON.parse(readFileSync(fileOf(name), 'utf8')) as GroupResult).parts
}

/** What an earlier part knows of other cases than these. Its history is judged as before. */
function without(rows: Found['rows'], part: Part): Part {
  return { ...part, rows: part.rows.filter(({ process, step }) => !rows.some((row) => row.process === process && row.step === step)) }
}

function writePage(): void {
  const kept = groups.map(({ name }) => fileOf(name)).filter((file) => existsSync(file))
  writeFileSync(page, matrixPage(kept.map((file) => JSON.parse(readFileSync(file, 'utf8')) as GroupResult)))
  say(`${page} holds ${kept.length} of ${groups.length} groups`)
}

function fileOf(name: string): string {
  return join(resultsDir, `${name}.json`)
}

function readArguments(args: readonly string[]): readonly [readonly string[], RegExp | undefined] {
  const at = args.indexOf('--only')
  return at === -1 ? [args, undefined] : [args.slice(0, at), new RegExp(args[at + 1] ?? '.')]
}
