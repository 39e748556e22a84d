/**
 * The hash that every Kafka client puts keys through (murmur2 of the Java client, seed 0x9747b28c). It stands in core so
 * that the memory twin, the Kafka adapter and a reader of the log all find a key in the same partition.
 */

const multiplier = 0x5bd1e995

/** UTF-8 bytes of a text; TextEncoder is absent in the workflow sandbox. */
const utf8 = (text: string): number[] => {
  const bytes: number[] = []
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    if (code < 0x80) bytes.push(code)
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 0x3f))
    else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f))
    else bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 0x3f), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f))
  }
  return bytes
}

const word = (bytes: readonly number[], at: number): number =>
  (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)

const scramble = (value: number): number => {
  const product = Math.imul(value, multiplier)
  return Math.imul(product ^ (product >>> 24), multiplier)
}

/** Signed 32-bit murmur2 of a text's UTF-8 bytes. */
export const murmur2 = (text: string): number => {
  const bytes = utf8(text)
  let hash = 0x9747b28c ^ bytes.length
  const whole = bytes.length - (bytes.length % 4)
  for (let at = 0; at < whole; at += 4) hash = Math.imul(hash, multiplier) ^ scramble(word(bytes, at))
  if (whole < bytes.length) hash = Math.imul(hash ^ word(bytes, whole), multiplier)
  hash = Math.imul(hash ^ (hash >>> 13), multiplier)
  return hash ^ (hash >>> 15)
}

/** Partition of a key, as the default partitioner of the Java client computes it. */
export const partitionOfKey = (key: string, partitions: number): number => (murmur2(key) & 0x7fffffff) % partitions
