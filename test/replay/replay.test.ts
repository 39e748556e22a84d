import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { bundleCode } from '../../adapters/temporal/bundle.ts'
import { readRecorded, recordedNames } from './histories.ts'
import { mutants, patched } from './mutants.ts'
import { play } from './play.ts'

/**
 * Today's workflow code on histories that a real server recorded. A replay compares ids and types of commands only, so
 * the decoded inputs and the outcome are compared here as well.
 */
describe('recorded histories', () => {
  let code = ''
  beforeAll(async () => {
    code = await bundleCode({ workflowInterceptorModules: [join(import.meta.dirname, 'watching-interceptors.ts')] })
  }, 60_000)

  it.each(recordedNames)('%s: is a closed history with the flags that make a replay check ids', (name) => {
    const events = readRecorded(name).history.events ?? []
    const flags = events.flatMap((event) => event.workflowTaskCompletedEventAttributes?.sdkMetadata?.coreUsedFlags ?? [])
    expect(flags).toEqual(expect.arrayContaining([1, 2]))
    const last = events.at(-1)
    expect(last?.workflowExecutionCompletedEventAttributes ?? last?.workflowExecutionContinuedAsNewEventAttributes).toBeTruthy()
  })

  it.each(recordedNames)('%s: the code asks for the same activities with the same inputs and ends the same', async (name) => {
    const recorded = readRecorded(name)
    const played = await play(code, recorded)
    expect(played.error).toBeNull()
    expect(played.scheduled).toEqual(recorded.scheduled)
    expect(played.outcome).toEqual(recorded.outcome)
  })

  it.each(mutants)('notice a mutant: $title', async (mutant) => {
    const { error } = await play(patched(code, mutant), readRecorded(mutant.caughtBy))
    expect(error?.name).toBe('DeterminismViolationError')
  })

  it('notice another outcome, which the replay itself does not', async () => {
    const silent = { title: 'outcome', caughtBy: 'rolled-back', patches: [{ from: `kind: 'rolled-back'`, to: `kind: 'undone'` }] } as const
    const recorded = readRecorded('rolled-back')
    const played = await play(patched(code, silent), recorded)
    expect(played.outcome).not.toEqual(recorded.outcome)
  })

  it('tell the stories they are named after', () => {
    const ids = (name: (typeof recordedNames)[number]): string[] => readRecorded(name).scheduled.map(({ activityId }) => activityId)
    expect(readRecorded('committed').outcome).toEqual({ kind: 'committed' })
    expect(ids('rolled-back').filter((id) => id.startsWith('undo/'))).toEqual(['undo/register=4P+8D', 'undo/register=4P+8D/withdrawn', 'undo/grow=4P+8D'])
    expect(ids('stuck-then-repaired').filter((id) => id.startsWith('undo/'))).toEqual(['undo/grow=4P+8D', 'undo/grow=4P+8D/2'])
    expect(ids('halted-then-resumed').filter((id) => /^(register=|release-of|report.*(halted|resumed))/.test(id))).toEqual([
      'register=4P+8D',
      'release-of/register=4P+8D',
      'report/register=4P+8D/halted',
      'report/register=4P+8D/resumed',
      'register=4P+8D/2',
    ])
    expect(readRecorded('halted-then-undone').outcome).toMatchObject({ kind: 'rolled-back', step: 'register' })
    expect(ids('halted-then-undone').filter((id) => id.startsWith('register='))).toEqual(['register=4P+8D'])
    expect(ids('service-unplaced')).toEqual(['place/1=2P+4D', expect.stringMatching(/^report\/.*\/expired$/)])
    expect(readRecorded('stuck-then-repaired').outcome).toMatchObject({ kind: 'rolled-back' })
  })
})
