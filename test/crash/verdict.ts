/** Judges the whole history of one fleet: the band, the audit of the product, replay, and one content per id. */
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkBand } from '../../cli/demo/audit.ts'
import type { ReplayReport } from '../../cli/replay-log.ts'
import { notRestored } from '../../cli/demo/restored.ts'
import { createCodec } from '../../adapters/kafka/codec.ts'
import type { LogEvent } from '../../core/events/event.ts'
import { check } from '../checker/check.ts'
import { readEvidence } from '../checker/evidence-folder.ts'
import type { Recorded, RawRecord } from './evidence-recorder.ts'
import { projectRoot } from '../../infra/local/project-root.ts'
import { band } from './services.ts'
import type { Stage } from './stage.ts'

/** `isAsked` false: it was not made, for the reason in `figures`. */
export type Check = { readonly check: string; readonly fault: string | null; readonly figures: string; readonly isAsked?: boolean }

/** `cores`: a folder with the cores of other versions that decided too. `isLogKept` false: inputs of decisions were deleted. */
export type HistoryKind = { readonly cores?: string | undefined; readonly isLogKept?: boolean | undefined }

/** Call it while the servers still run, and the evidence is written. */
export const judgeHistory = async (stage: Stage, recorded: Recorded, { cores, isLogKept = true }: HistoryKind = {}): Promise<readonly Check[]> => [
  await registeredBand(stage, recorded),
  restored(recorded),
  oneContent(recorded),
  ...(isLogKept ? [await replayed(stage, cores), await verified(stage, recorded), checkedFromOutside(stage)] : logIsGone),
]

const registeredBand = async (stage: Stage, { changes }: Recorded): Promise<Check> => {
  const { checked, violations } = await checkBand(changes, stage.dir, band)
  return { check: 'P/D band held after every change', figures: `${checked} states`, fault: violations.length === 0 && checked > 0 ? null : JSON.stringify(violations.slice(0, 3)) }
}

const restored = ({ changes }: Recorded): Check => {
  const faults = notRestored(changes)
  const undone = changes.split('\n').filter((line) => line.includes('/undo/') && line.includes('"written"')).length
  return { check: 'no half groups: undone ones stand where they stood', figures: `${undone} undone writes`, fault: faults[0] ?? null }
}

/** A repeated decision or intent, a zombie's too, equals the first one byte for byte. */
const oneContent = ({ topics }: Recorded): Check => {
  const contents = new Map<string, string>()
  let repeats = 0
  const faults: string[] = []
  for (const { id, bytes } of ['decisions', 'intents'].flatMap((topic) => identified(topics.get(topic as 'decisions') ?? []))) {
    const known = contents.get(id)
    if (known === undefined) contents.set(id, bytes)
    else repeats += 1
    if (known !== undefined && known !== bytes) faults.push(id)
  }
  return { check: 'no id with two contents', figures: `${contents.size} ids, ${repeats} repeats`, fault: faults.length === 0 ? null : `two contents of ${faults.join(', ')}` }
}

const codec = createCodec()

export const identified = (records: readonly RawRecord[]): readonly { readonly id: string; readonly bytes: string; readonly offset: number; readonly partition: number }[] =>
  records.flatMap(({ value, offset, partition }) => {
    const event = value === null ? null : decoded(value)
    if (event === null) return []
    const id = event.type === 'ScaleDecided' ? event.decisionId : event.type === 'ScaleIntentEmitted' ? event.intentId : null
    return id === null ? [] : [{ id, bytes: (value as Buffer).toString('base64'), offset, partition }]
  })

/** Bytes that nobody can read have no id. */
const decoded = (value: Buffer): LogEvent | null => {
  try {
    return codec.decode(value)
  } catch {
    return null
  }
}

/** `cores`: a folder with the cores of other versions that decided too. */
const replayed = async (stage: Stage, cores?: string): Promise<Check> => {
  const { equal, decisions, differences, refusal } = await commandLine<ReplayReport>(stage, ['replay', ...(cores === undefined ? [] : ['--cores', cores])])
  const fault = equal ? null : JSON.stringify(refusal ?? differences.slice(0, 2))
  return { check: 'every decision replays byte for byte', figures: `${decisions.count} decisions`, fault }
}

/** The product's own audit: decisions, intents, rollouts and effects against each other. */
const verified = async (stage: Stage, { changes }: Recorded): Promise<Check> => {
  const file = join(stage.dir, 'changes.ndjson')
  writeFileSync(file, changes)
  const { findings: all } = await commandLine<{ readonly findings: readonly { readonly code: string }[] }>(stage, ['verify', '--changes', file])
  // Some cases plant what nobody can read.
  const findings = all.filter(({ code }) => code !== 'RECORD_UNREADABLE')
  return { check: '`heteroscale verify` finds nothing', figures: `${findings.length} findings`, fault: findings.length === 0 ? null : JSON.stringify(findings.slice(0, 3)) }
}

/** The independent checker: formulas over bytes and change logs; it knows nothing of the product. */
const checkedFromOutside = (stage: Stage): Check => {
  const { violations, counted } = check(readEvidence(evidenceDir(stage)))
  const figures = `${counted.records} records, ${counted.effects} effects, ${counted.commits} commits, ${counted.rollbacks} rollbacks`
  const first = violations.slice(0, 3).map(({ invariant, service, at, detail }) => `${invariant} ${service} ${at}: ${detail}`)
  return { check: 'the independent checker finds no violation', figures, fault: violations.length === 0 ? null : `${violations.length}: ${first.join('; ')}` }
}

/** What was decided rests on inputs that are deleted. */
const logIsGone: readonly Check[] = ['every decision replays byte for byte', '`heteroscale verify` finds nothing', 'the independent checker finds no violation'].map((check) => ({
  check,
  figures: 'the inputs of its decisions are deleted',
  fault: null,
  isAsked: false,
}))

/** A verb in a process of its own, as an auditor runs it. */
const commandLine = <T>(stage: Stage, args: readonly string[]): Promise<T> =>
  new Promise((done, failed) => {
    const options = { env: { ...process.env, KAFKA_BROKERS: stage.servers.kafkaBrokers.join(',') }, maxBuffer: 64 * 1024 * 1024 }
    execFile(process.execPath, [join(projectRoot, 'dist/cli/main.js'), ...args, '-o', 'json'], options, (_error, stdout, stderr) =>
      stdout.trim() === '' ? failed(new Error(`${args[0]} printed nothing: ${stderr.trim()}`)) : done(JSON.parse(stdout) as T),
    )
  })

export const evidenceDir = (stage: Stage): string => join(stage.dir, 'evidence')
