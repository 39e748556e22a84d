/**
 * Makes kafkajs' admin tell where a log ends. It asks with isolation "read committed", without a way to ask otherwise, and so
 * is told the last stable offset: while a stranger's transaction is open, records that were acknowledged to us lie behind it
 * (2.2.4: the default of protocol/requests/listOffsets, and no admin gives another).
 */
import { patchOnce } from './patch-once.ts'

type Question = { readonly isolationLevel?: number }
type ListOffsets = { protocol(of: { version: number }): (question: Question) => unknown }

const readUncommitted = 0

/** Idempotent. A question that names its isolation keeps it. */
export const askForLogEnds = (): void =>
  patchOnce<ListOffsets>('kafkajs/src/protocol/requests/listOffsets/index.js', (listOffsets) => {
    const ask = listOffsets.protocol
    listOffsets.protocol = (of) => (question) => ask(of)({ ...question, isolationLevel: question.isolationLevel ?? readUncommitted })
  })
