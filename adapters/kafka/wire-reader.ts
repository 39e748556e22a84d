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

/** Bytes from `at` on, up to `end`: behind it stands something else, the next record of a batch for one. */
export type Cursor = { readonly bytes: Buffer; at: number; readonly end: number }

export const cursorOver = (bytes: Buffer, at = 0, end = bytes.length): Cursor => ({ bytes, at, end })

const truncated = (cursor: Cursor): never => {
  throw new WireError('E_EVENT_TRUNCATED', `byte ${cursor.at}: the value ends before its schema does`)
}

const readByte = (cursor: Cursor): number => (cursor.at < cursor.end ? (cursor.bytes[cursor.at++] as number) : truncated(cursor))

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
  if (cursor.at + 8 > cursor.end) truncated(cursor)
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
  if (length < 0 || end > cursor.end) truncated(cursor)
  const text = textAt(cursor.bytes, cursor.at, end)
  cursor.at = end
  return text
}

/** The union of null and double, in this order. */
export const readNullableDouble = (cursor: Cursor): number | null => {
  const branch = readLong(cursor)
  if (branch === 1) return readDouble(cursor)
  if (branch === 0) return null
  throw new WireError('E_EVENT_ENUM', `union branch ${branch}; allowed are 0 to 1`)
}

/** Items in blocks, each of which says how many it holds; an empty one ends the array. */
export const readArray = <Item>(cursor: Cursor, leastBytesPerItem: number, read: (cursor: Cursor) => Item): Item[] => {
  const items: Item[] = []
  for (let count = readBlockCount(cursor, leastBytesPerItem); count > 0; count = readBlockCount(cursor, leastBytesPerItem)) {
    for (let index = 0; index < count; index += 1) items.push(read(cursor))
  }
  return items
}

/** Items of one array block; a negative count is followed by the block's size in bytes. */
const readBlockCount = (cursor: Cursor, leastBytesPerItem: number): number => {
  let count = readLong(cursor)
  if (count < 0) {
    count = -count
    readLong(cursor)
  }
  const left = cursor.end - cursor.at
  if (count * leastBytesPerItem > left) throw new WireError('E_EVENT_LIMIT', `array of ${count} items in ${left} bytes`)
  return count
}
