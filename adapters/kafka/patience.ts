/** Asks again while the broker says that it will be able to answer soon. */
import { setTimeout as sleep } from 'node:timers/promises'

const firstPauseMs = 20
/** With doubling pauses of at most a second this is about 15 s: twice what a killed broker needs to come back. */
const tries = 20

/**
 * kafkajs' admin gives up at once on errors that it marks as retriable itself, for example "not the leader" in the first
 * milliseconds of a topic's life. Only for reads, and for writes that may be repeated.
 */
export const patiently = async <Result>(ask: () => Promise<Result>): Promise<Result> => {
  for (let attempt = 1, pauseMs = firstPauseMs; ; attempt += 1, pauseMs = Math.min(1_000, 2 * pauseMs)) {
    try {
      return await ask()
    } catch (error) {
      if (attempt === tries || !isRetriable(error)) throw error
      await sleep(pauseMs)
    }
  }
}

/** An unknown topic is retriable to kafkajs; here it is an answer. */
const isRetriable = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false
  if (!('type' in error) || !('retriable' in error)) return isRetriable(error.cause)
  return error.retriable === true && error.type !== 'UNKNOWN_TOPIC_OR_PARTITION'
}
