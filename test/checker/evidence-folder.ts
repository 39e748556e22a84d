/** Evidence on disk: `run.json`, `topics/<topic>.ndjson`, `sub-clusters/<id>.ndjson`, `nemesis.ndjson`, and the optional parts. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { topicNames, type CallLine, type ChangeLine, type CommitLine, type Evidence, type EvidenceRecord, type NemesisLine, type Run } from './evidence.ts'

/** Writes into `folder`, which it makes if need be; what stands there already under the same names is replaced. */
export const writeEvidence = (folder: string, { run, topics, subClusters, nemesis, calls, commits }: Evidence): void => {
  for (const part of ['', 'topics', 'sub-clusters', ...(calls === undefined ? [] : ['calls'])]) mkdirSync(join(folder, part), { recursive: true })
  writeFileSync(join(folder, 'run.json'), `${JSON.stringify(run, null, 2)}\n`)
  for (const [topic, records] of Object.entries(topics)) writeLines(join(folder, 'topics', `${topic}.ndjson`), records.map(toLine))
  for (const [name, lines] of Object.entries(subClusters)) writeLines(join(folder, 'sub-clusters', `${name}.ndjson`), lines)
  writeLines(join(folder, 'nemesis.ndjson'), nemesis)
  for (const [name, lines] of Object.entries(calls ?? {})) writeLines(join(folder, 'calls', `${name}.ndjson`), lines)
  if (commits !== undefined) writeLines(join(folder, 'commits.ndjson'), commits)
}

/** Throws when the folder is not evidence: a run without `run.json` was not recorded to its end. */
export const readEvidence = (folder: string): Evidence => {
  const calls = join(folder, 'calls')
  const commits = join(folder, 'commits.ndjson')
  return {
    run: JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')) as Run,
    topics: Object.fromEntries(topicNames.map((topic) => [topic, readLines<RecordLine>(join(folder, 'topics', `${topic}.ndjson`)).map(toRecord)])),
    subClusters: linesByName<ChangeLine>(join(folder, 'sub-clusters')),
    nemesis: readLines<NemesisLine>(join(folder, 'nemesis.ndjson')),
    ...(existsSync(calls) ? { calls: linesByName<CallLine>(calls) } : {}),
    ...(existsSync(commits) ? { commits: readLines<CommitLine>(commits) } : {}),
  }
}

type RecordLine = Omit<EvidenceRecord, 'value'> & { readonly value: string | null }

const toLine = ({ value, ...record }: EvidenceRecord): RecordLine => ({ ...record, value: value === null ? null : Buffer.from(value).toString('base64') })
const toRecord = ({ value, ...record }: RecordLine): EvidenceRecord => ({ ...record, value: value === null ? null : Buffer.from(value, 'base64') })

const writeLines = (file: string, lines: readonly object[]): void => writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))

const readLines = <T>(file: string): readonly T[] =>
  existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line) as T) : []

const linesByName = <T>(folder: string): { readonly [name: string]: readonly T[] } => {
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.ndjson')).sort() : []
  return Object.fromEntries(files.map((file) => [file.slice(0, -'.ndjson'.length), readLines<T>(join(folder, file))]))
}
