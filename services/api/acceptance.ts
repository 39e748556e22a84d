/** Waits until the decider accepted or refused a generation of a service. */
import type { ApplyAnswer } from './answers.ts'
import type { ReadModel } from './read-model.ts'
import type { Waiting } from './wait-for.ts'
import { waitFor } from './wait-for.ts'

export type Awaited = {
  readonly service: string
  readonly generation: number
  /** Canonical JSON: another writer may have recorded the same generation first. */
  readonly manifest: string
  /** Wall time. */
  readonly waitMs: number
}

type Verdict = Pick<ApplyAnswer, 'outcome' | 'message'>

/** Starts at once, before the record is appended, so that no answer is missed. */
export const waitForVerdict = (model: ReadModel, awaited: Awaited): Waiting<Verdict> =>
  waitFor(model, { found: () => verdictOf(model, awaited), late: () => notYet(awaited), waitMs: awaited.waitMs })

const notYet = (awaited: Awaited): Verdict => ({
  outcome: 'recorded',
  message: `recorded as generation ${awaited.generation}, but no decider answered within ${awaited.waitMs / 1000} s; it takes effect when one does`,
})

const verdictOf = (model: ReadModel, awaited: Awaited): Verdict | null => {
  const newest = model.services.get(awaited.service)?.newest
  if (newest === undefined || newest.generation < awaited.generation) return null
  if (newest.generation > awaited.generation) return { outcome: 'refused', message: `generation ${newest.generation} replaced it at once` }
  if (!newest.accepted) return { outcome: 'refused', message: newest.message }
  if (newest.manifest === awaited.manifest) return { outcome: 'accepted', message: newest.message }
  return { outcome: 'refused', message: `somebody else recorded generation ${newest.generation} first; read the service again, then repeat` }
}
