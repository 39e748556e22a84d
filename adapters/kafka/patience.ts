/** Asks again while the broker says that it will be able to answer soon. */
import { setTimeout as sleep } from 'node:timers/promises'

const firstPauseMs = 20
/** With doubling pauses of at most a second this is about 15 s: twice what a killed broker needs to come back. */
const tries = 20

/**
 * kafkajs' admin gives up at once on errors that it marks as retriable itself, for example "not the leader" in the first
 * milliseconds of a topic's life. Only for reads, and for writes that may be repeated.
 */
export const patiently = async <Result>(ask: () => Promise<Result>, isPassing: (error: unknown) => boolean = isRetriable): Promise<Result> => {
  for (let attempt = 1, pauseMs = firstPauseMs; ; attempt += 1, pauseMs = Math.min(1_000, 2 * pauseMs)) {
    try {
      return await ask()
    } catch (error) {
      if (attempt === tries || !isPassing(error)) throw error
      await sleep(pauseMs)
    }
  }
}

/** An unknown topic is retriable to kafkajs; here it is an answer. */
const isRetriable = (error: unknown): boolean => {
  const protocolError = protocolErrorOf(error)
  return protocolError?.retriable === true && protocolError.type !== 'UNKNOWN_TOPIC_OR_PARTITION'
}

/** For a topic that was created a moment ago: a broker that is busy does not know it for a while. */
export const isRetriableWhenNew = (error: unknown): boolean => protocolErrorOf(error)?.retriable === true

type ProtocolError = { readonly type: unknown; readonly retriable: unknown }

const protocolErrorOf = (error: unknown): ProtocolError | null => {
  if (!(error instanceof Error)) return null
  return 'type' in error && 'retriable' in error ? error : protocolErrorOf(error.cause)
}
