/** A few of the crash points of `npm run test:crash`, for every change: one of each process that decides, places, performs or registers. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fewCases } from './cases-processes.ts'
import { writeEvidence } from './evidence-recorder.ts'
import { createRunner } from './runner.ts'
import type { Runner } from './runner.ts'
import { openStage } from './stage.ts'
import type { Stage } from './stage.ts'
import { evidenceDir, judgeHistory } from './verdict.ts'

let stage: Stage
let runner: Runner

beforeAll(async () => {
  stage = await openStage({ onProgress: (line) => console.log(`fleet: ${line}`) })
  runner = createRunner(stage, (line) => console.log(line))
}, 240_000)
afterAll(() => stage?.stop())

describe('a process is killed with -9 inside its work', () => {
  test.each(fewCases.map((one) => [`${one.process}: ${one.step}`, one] as const))('%s', async (_name, one) => {
    expect((await runner.run(one)).fault).toBeNull()
  })

  test('over the whole history: band held, nothing half undone, one content per id, replay equal', async () => {
    const recorded = await writeEvidence(stage, evidenceDir(stage), [])
    for (const { check, fault } of await judgeHistory(stage, recorded)) expect({ check, fault }).toEqual({ check, fault: null })
  })
})
