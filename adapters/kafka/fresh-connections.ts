/**
 * Makes kafkajs begin a new connection without what the old one left. Its answers are cut out of the stream by their length, and
 * half an answer that had arrived when the broker was killed stays in the buffer: the first bytes of the new connection are taken
 * for the rest of it, and from then on no answer is where it is looked for. Every request times out, also after kafkajs' own
 * restarts, which keep the connection object (2.2.4: `chunks`, `bytesBuffered` and `bytesNeeded` of network/connection are set
 * when it is made and never again).
 */
import { patchOnce } from './patch-once.ts'

type Connection = { chunks: readonly Buffer[]; bytesBuffered: number; bytesNeeded: number; isConnected(): boolean; connect(): Promise<unknown> }
type ConnectionClass = { readonly prototype: Connection }

/** The length that precedes every answer. */
const lengthBytes = 4

/** Idempotent. */
export const connectAfresh = (): void =>
  patchOnce<ConnectionClass>('kafkajs/src/network/connection.js', ({ prototype }) => {
    const { connect } = prototype
    prototype.connect = function connectFromTheStart(this: Connection): Promise<unknown> {
      if (!this.isConnected()) Object.assign(this, { chunks: [], bytesBuffered: 0, bytesNeeded: lengthBytes })
      return connect.call(this)
    }
  })
