/** Judges the whole history of one fleet: the band, the audit of the product, replay, and one content per id. */
import { join } from 'node:path'
import { checkBand, replayInFreshProcess } from '../../cli/demo/audit.ts'
import { notRestored } from '../../cli/demo/restored.ts'
import { createCodec } from '../../adapters/kafka/codec.ts'
import type { Recorded, RawRecord } from './evidence-recorder.ts'
import { band } from './services.ts'
import type { Stage } from './stage.ts'

export type Check = { readonly check: string; readonly fault: string | null; readonly figures: string }

/** Call it while the servers still run. */
export const judgeHistory = async (stage: Stage, recorded: Recorded): Promise<readonly Check[]> => [
  await registeredBand(stage, recorded),
  restored(recorded),
  oneContent(recorded),
  await replayed(stage),
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
    const event = value === null ? null : codec.decode(value)
    if (event === null) return []
    const id = event.type === 'ScaleDecided' ? event.decisionId : event.type === 'ScaleIntentEmitted' ? event.intentId : null
    return id === null ? [] : [{ id, bytes: (value as Buffer).toString('base64'), offset, partition }]
  })

const replayed = async (stage: Stage): Promise<Check> => {
  const { equal, decisions, differences, refusal } = await replayInFreshProcess(stage.servers.kafkaBrokers)
  const fault = equal ? null : JSON.stringify(refusal ?? differences.slice(0, 2))
  return { check: 'every decision replays byte for byte', figures: `${decisions.count} decisions`, fault }
}

export const evidenceDir = (stage: Stage): string => join(stage.dir, 'evidence')
