import { describe, expect, it } from 'vitest'
import { planRollout } from '../../../core/rollout/plan.ts'
import type { Step } from '../../../core/rollout/plan.ts'
import { run } from '../../../core/rollout/run.ts'
import type { Host } from '../../../core/rollout/run.ts'
import { sameCounts } from '../../../core/roles.ts'
import { counts, placementOf } from './orders.ts'
import { worldOf } from './stand-in-host.ts'
import type { Fault } from './stand-in-host.ts'

const journeys = {
  'a new group': placementOf({ to: counts(2, 4) }),
  'a growth': placementOf({ from: counts(2, 4), to: counts(4, 8) }),
  'a shrink': placementOf({ from: counts(4, 8), to: counts(2, 4) }),
  'a change of ratio': placementOf({ from: counts(4, 8), to: counts(5, 7) }),
  'a closing group': placementOf({ from: counts(2, 4), to: counts(0, 0) }),
}

const stepsOf = (name: keyof typeof journeys): readonly Step[] => planRollout({ placement: journeys[name] }).flat()

const tell = async (name: keyof typeof journeys, fault: Fault | null) => {
  const world = await worldOf(journeys[name], fault)
  const outcome = await run(planRollout(world.order), world.host)
  return { outcome, diary: world.diary, group: await world.group(), order: world.order }
}

describe.each(Object.keys(journeys) as (keyof typeof journeys)[])('%s', (name) => {
  it('reaches its target when nothing fails', async () => {
    const { outcome, group } = await tell(name, null)
    expect(outcome).toEqual({ kind: 'committed' })
    expect(group?.counts ?? counts(0, 0)).toEqual(journeys[name].to)
    expect(group?.registrationTarget ?? counts(0, 0)).toEqual(journeys[name].to)
  })

  for (const step of stepsOf(name)) {
    for (const when of ['before', 'after'] as const) {
      for (const undoFailures of [0, 2]) {
        const undos = undoFailures === 0 ? '' : ' and each undo fails twice'
        it(`stands where it began when ${step.id} fails ${when} its effect${undos}`, async () => {
          const { outcome, group, diary } = await tell(name, { step: step.id, when, undoFailures })
          expect(outcome).toEqual({ kind: 'rolled-back', step: step.id, reason: `planned ${when} ${step.id}` })
          expect(sameCounts(group?.counts ?? counts(0, 0), journeys[name].from)).toBe(true)
          expect(sameCounts(group?.registrationTarget ?? counts(0, 0), journeys[name].from)).toBe(true)
          expectOrderly(diary, stepsOf(name), undoFailures)
        })
      }
    }
  }
})

/** Every effect that was begun is undone once, newest first, stuck as often as its undo failed, and nothing begins after. */
const expectOrderly = (diary: readonly string[], steps: readonly Step[], undoFailures: number): void => {
  const begun = diary.filter((line) => line.startsWith('begin ')).map((line) => line.slice('begin '.length))
  const effects = steps.filter(({ id, inverse }) => inverse !== null && begun.includes(id)).map(({ id }) => id)
  expect(diary.filter((line) => line.startsWith('undone ')).map((line) => line.slice('undone '.length))).toEqual([...effects].reverse())
  expect(diary.filter((line) => line.startsWith('stuck '))).toHaveLength(effects.length * undoFailures)
  const firstUndo = diary.findIndex((line) => line.startsWith('undo '))
  expect(diary.findLastIndex((line) => line.startsWith('begin '))).toBeLessThan(firstUndo === -1 ? diary.length : firstUndo)
}

describe('steps of one stage', () => {
  const [first, second, after] = ['ready/prefill', 'ready/decode', 'register'].map(
    (id): Step => ({ id, kind: 'await-ready', group: 'g1', counts: counts(1, 1), before: counts(0, 0), inverse: null }),
  ) as [Step, Step, Step]

  it('run beside each other', async () => {
    const diary: string[] = []
    const gates = new Map<string, () => void>()
    const host = quietHost({
      perform: (step) =>
        new Promise((resolve) => {
          diary.push(step.id)
          gates.set(step.id, resolve)
        }),
    })
    const ended = run([[first, second]], host)
    expect(diary).toEqual(['ready/prefill', 'ready/decode'])
    gates.get('ready/decode')?.()
    gates.get('ready/prefill')?.()
    expect(await ended).toEqual({ kind: 'committed' })
  })

  it('are stopped when one fails, and all settle before anything is undone', async () => {
    const diary: string[] = []
    const effect: Step = { ...after, id: 'grow', inverse: { id: 'undo/grow', undoes: 'grow', meaning: '' } }
    const host = quietHost({
      perform: async (step, stop) => {
        if (step.id === 'ready/decode') throw new Error('decode 0 of 1 ready')
        if (step.id !== 'ready/prefill') return
        await stop
        diary.push('prefill stopped')
        throw new Error('stopped')
      },
      undo: async (step) => {
        diary.push(`undo ${step.id}`)
      },
    })
    const outcome = await run([[effect], [first, second], [after]], host)
    expect(outcome).toEqual({ kind: 'rolled-back', step: 'ready/decode', reason: 'decode 0 of 1 ready' })
    expect(diary).toEqual(['prefill stopped', 'undo grow'])
  })
})

const quietHost = (parts: Partial<Host>): Host => ({
  perform: async () => {},
  undo: async () => {},
  stuck: async () => {},
  ...parts,
})
