/**
 * Records the histories that the replay tests play back. To be run after a change of the workflows that is meant:
 * `npx tsx test/replay/record.ts`, with TEMPORAL_ADDRESS set, or else a server is started for it.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js'
import type { ScaleIntentEmitted } from '../../core/events/decided.ts'
import { startStack } from '../../infra/local/stack.ts'
import { openStage } from '../workflows/stage.ts'
import type { Stage } from '../workflows/stage.ts'
import { commit, haltThenResume, haltThenUndo, outOfService, rollBack, stickThenRepair } from '../workflows/stories.ts'
import type { Told } from '../workflows/stories.ts'
import { historiesDir } from './histories.ts'

const stories: { readonly [name: string]: (stage: Stage) => Promise<Told> } = {
  committed: (stage) => commit(stage),
  'rolled-back': async (stage) => {
    await commit(stage)
    return outOfService(stage)
  },
  'rolled-back-in-parallel': async (stage) => {
    await commit(stage)
    return rollBack(stage)
  },
  'stuck-then-repaired': async (stage) => {
    await commit(stage)
    return stickThenRepair(stage)
  },
  'halted-then-resumed': async (stage) => {
    await commit(stage)
    return haltThenResume(stage)
  },
  'halted-then-undone': async (stage) => {
    await commit(stage)
    return haltThenUndo(stage)
  },
}

const record = async (address: string, name: string, story: (stage: Stage) => Promise<Told>): Promise<void> => {
  const stage = await openStage({ address, name: `recorded-${name}-${Date.now()}` })
  try {
    const { workflowId } = await story(stage)
    await save({ stage, workflowId, name })
  } finally {
    await stage.close()
  }
}

/** The first run of an entity that continues as new after one intent: the only way its history is ever closed. */
const recordService = async (address: string, name: string, changes: (stage: Stage) => Partial<ScaleIntentEmitted>): Promise<void> => {
  const stage = await openStage({ address, name: `recorded-${name}-${Date.now()}`, intentsPerRun: 1 })
  try {
    await stage.submitter.submit(stage.intent({ sequence: 1, ...changes(stage) }))
    const first = await stage.entity().describe()
    await stage.reports.first(({ sequence, group }) => sequence === 1 && group === null)
    await stage.continuedAsNew(first.runId)
    await save({ stage, workflowId: first.workflowId, name, runId: first.runId })
  } finally {
    await stage.close()
  }
}

type Saved = { readonly stage: Stage; readonly workflowId: string; readonly name: string; readonly runId?: string }

const save = async ({ stage, workflowId, name, runId }: Saved): Promise<void> => {
  const history = await stage.client.workflow.getHandle(workflowId, runId).fetchHistory()
  const file = join(historiesDir, `${name}.json`)
  writeFileSync(file, `${JSON.stringify(JSON.parse(historyToJSON(history), withoutMachine), null, 1)}\n`)
  console.log(`${file}: ${history.events?.length ?? 0} events`)
}

/** Process names and stack traces say where it was recorded; no replay reads them. */
const withoutMachine = (key: string, value: unknown): unknown => {
  if (key === 'identity') return 'recorder'
  return key === 'stackTrace' ? '' : value
}

mkdirSync(historiesDir, { recursive: true })
const stack = await startStack({ kafka: false })
try {
  for (const [name, story] of Object.entries(stories)) await record(stack.temporalAddress, name, story)
  await recordService(stack.temporalAddress, 'service', () => ({}))
  await recordService(stack.temporalAddress, 'service-unplaced', (stage) => ({ cell: `nobody-${stage.service}`, expiresAt: Date.now() + 300 }))
} finally {
  await stack.stop()
}
