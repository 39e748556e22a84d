/** Reads Avro primitives from untrusted bytes. Nothing is allocated before its length was checked against the bytes left. */

import { textAt } from './known-texts.ts'

/** Known schema id, bytes that do not fit it. `code` is one of the E_EVENT codes. */
export class WireError extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(`${code} ${message}`)
    this.name = 'WireError'
    this.code = code
  }
}

export type Cursor = { readonly bytes: Buffer; at: number }

const truncated = (cursor: Cursor): never => {
  throw new WireError('E_EVENT_TRUNCATED', `byte ${cursor.at}: the value ends before its schema does`)
}

const readByte = (cursor: Cursor): number => cursor.bytes[cursor.at++] ?? truncated(cursor)

/**
 * Longs from 2^52 on are refused. Beyond 2^53 a JavaScript number would round; and between the two avsc, which encodes,
 * loses the sign (-4503599627370497 comes back positive), so what it mangled must not pass either.
 */
const longLimit = 2 ** 52

/** Zigzag varint. */
export const readLong = (cursor: Cursor): number => {
  const first = readByte(cursor)
  if (first < 0x80) return (first >>> 1) ^ -(first & 1)
  return readLongTail(cursor, first & 0x7f)
}

/** The low 28 bits stay an integer, which keeps the sign bit exact; the rest is added as a float below 2^53. */
const readLongTail = (cursor: Cursor, first: number): number => {
  let low = first
  let high = 0
  for (let index = 1; index < 10; index += 1) {
    const byte = readByte(cursor)
    if (index < 4) low |= (byte & 0x7f) << (7 * index)
    else high += (byte & 0x7f) * 2 ** (7 * (index - 4))
    if (byte < 0x80) return unzigzag(low, high)
  }
  throw new WireError('E_EVENT_RANGE', 'a varint is longer than ten bytes')
}

const unzigzag = (low: number, high: number): number => {
  const magnitude = high * 2 ** 27 + (low >>> 1)
  const value = (low & 1) === 0 ? magnitude : -magnitude - 1
  if (value >= longLimit || value <= -longLimit) throw new WireError('E_EVENT_RANGE', `long ${value} is not within 2^52`)
  return value
}

export const readInt = (cursor: Cursor): number => {
  const value = readLong(cursor)
  if (value !== (value | 0)) throw new WireError('E_EVENT_RANGE', `int ${value} is beyond 32 bits`)
  return value
}

export const readDouble = (cursor: Cursor): number => {
  if (cursor.at + 8 > cursor.bytes.length) truncated(cursor)
  const value = cursor.bytes.readDoubleLE(cursor.at)
  cursor.at += 8
  if (!Number.isFinite(value)) throw new WireError('E_EVENT_NOT_FINITE', `double ${value}; only finite numbers are allowed`)
  return value
}

/** avsc takes every byte but 0 for true; a flipped bit must not turn into an answer. */
export const readBoolean = (cursor: Cursor): boolean => {
  const byte = readByte(cursor)
  if (byte > 1) throw new WireError('E_EVENT_BOOL', `boolean byte ${byte}; allowed are 0 and 1`)
  return byte === 1
}

export const readString = (cursor: Cursor): string => {
  const length = readLong(cursor)
  const end = cursor.at + length
  if (length < 0 || end > cursor.bytes.length) truncated(cursor)
  const text = textAt(cursor.bytes, cursor.at, end)
  cursor.at = end
  return text
}

/** Items of one array block; a negative count is followed by the block's size in bytes. */
export const readBlockCount = (cursor: Cursor, leastBytesPerItem: number): number => {
  let count = readLong(cursor)
  if (count < 0) {
    count = -count
    readLong(cursor)
  }
  const left = cursor.bytes.length - cursor.at
  if (count * leastBytesPerItem > left) throw new WireError('E_EVENT_LIMIT', `array of ${count} items in ${left} bytes`)
  return count
}
