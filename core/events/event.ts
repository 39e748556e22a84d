/** Every record of the log as one union, and the topic that each type lives on. */
import type { ControlChanged, ControlSet } from './control.ts'
import type { DecidedEvent, SnapshotTaken } from './decided.ts'
import type { InputEvent } from './input.ts'
import type { InventoryObserved, ObservedEvent } from './observed.ts'
import type { CellEvent } from './placed.ts'
import type { ProducerReported } from './producer.ts'

/** Bytes that nobody could read, with their origin. */
export type DeadLetter = {
  readonly type: 'DeadLetter'
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly key: string | null
  readonly reason: string
  /** Base64 of the record's value. */
  readonly bytes: string
  readonly time: number
}

export type LogEvent = ObservedEvent | InputEvent | DecidedEvent | SnapshotTaken | InventoryObserved | CellEvent | ControlSet | ControlChanged | ProducerReported | DeadLetter
export type EventType = LogEvent['type']
export type EventOf<T extends EventType> = Extract<LogEvent, { readonly type: T }>

/** Records of `signals`: all that a decision may rest on. */
export type SignalEvent = ObservedEvent | InputEvent | ControlChanged
