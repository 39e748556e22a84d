/** Answers by request id, so that a repeated request gets the same one; bounded, because requests never end. */
import type { PlacementAnswer } from '../events/placed.ts'
import type { IntentId } from '../ids.ts'

/**
 * Answers kept per cell. A request repeats within its intent's life (minutes), and 5,000 cover a cell with one request
 * per second for over an hour, at some 2 MB.
 */
export const maxAnswers = 5_000

type Held = ReadonlyMap<string, { readonly requestId: IntentId; readonly released: unknown }>

/** Adds answers and drops the oldest ones above the bound, except those that still hold a reservation. */
export const rememberAnswers = (
  known: ReadonlyMap<IntentId, PlacementAnswer>,
  added: readonly PlacementAnswer[],
  held: Held,
): ReadonlyMap<IntentId, PlacementAnswer> => {
  const answers = new Map(known)
  for (const answer of added) if (!answers.has(answer.requestId)) answers.set(answer.requestId, answer)
  if (answers.size <= maxAnswers) return answers
  const open = new Set([...held.values()].filter(({ released }) => released === null).map(({ requestId }) => requestId))
  const old = [...answers.keys()].filter((id) => !open.has(id)).slice(0, answers.size - maxAnswers)
  for (const id of old) answers.delete(id)
  return answers
}
