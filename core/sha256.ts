/**
 * SHA-256 (FIPS 180-4) in plain TypeScript. The same code hashes in the decider, in the workflow sandbox, in the
 * simulator and in the browser, none of which share a crypto module.
 */

const K = Uint32Array.from(fractionalRoots(64, 1 / 3))
const INITIAL = Uint32Array.from(fractionalRoots(8, 1 / 2))

/** First 32 bits of the fractional parts of the roots of the first `count` primes: the constants of FIPS 180-4. */
function fractionalRoots(count: number, exponent: number): number[] {
  const constants: number[] = []
  for (let candidate = 2; constants.length < count; candidate++) {
    if (!isPrime(candidate)) continue
    const root = candidate ** exponent
    constants.push(Math.floor((root - Math.floor(root)) * 2 ** 32))
  }
  return constants
}

function isPrime(candidate: number): boolean {
  for (let divisor = 2; divisor * divisor <= candidate; divisor++) if (candidate % divisor === 0) return false
  return true
}

/** Hash of a text's UTF-8 bytes, as 64 hexadecimal digits. */
export const sha256 = (text: string): string => {
  const hash = Uint32Array.from(INITIAL)
  const schedule = new Uint32Array(64)
  const padded = pad(utf8(text))
  for (let block = 0; block < padded.length; block += 64) compress(hash, schedule, { padded, block })
  return [...hash].map((word) => word.toString(16).padStart(8, '0')).join('')
}

const utf8 = (text: string): number[] => {
  const bytes: number[] = []
  for (const char of text) appendCodePoint(bytes, char.codePointAt(0) as number)
  return bytes
}

const appendCodePoint = (bytes: number[], code: number): void => {
  if (code < 0x80) bytes.push(code)
  else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63))
  else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63))
  else bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63))
}

const pad = (bytes: readonly number[]): Uint8Array => {
  const length = Math.ceil((bytes.length + 9) / 64) * 64
  const padded = new Uint8Array(length)
  padded.set(bytes)
  padded[bytes.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setUint32(length - 8, Math.floor(bytes.length / 2 ** 29))
  view.setUint32(length - 4, (bytes.length << 3) >>> 0)
  return padded
}

const rotate = (word: number, by: number): number => (word >>> by) | (word << (32 - by))
const at = (words: Uint32Array, index: number): number => words[index] as number

const extend = (schedule: Uint32Array): void => {
  for (let i = 16; i < 64; i++) {
    const a = at(schedule, i - 15)
    const b = at(schedule, i - 2)
    const s0 = rotate(a, 7) ^ rotate(a, 18) ^ (a >>> 3)
    const s1 = rotate(b, 17) ^ rotate(b, 19) ^ (b >>> 10)
    schedule[i] = at(schedule, i - 16) + s0 + at(schedule, i - 7) + s1
  }
}

const compress = (hash: Uint32Array, schedule: Uint32Array, at64: { padded: Uint8Array; block: number }): void => {
  const view = new DataView(at64.padded.buffer, at64.block, 64)
  for (let i = 0; i < 16; i++) schedule[i] = view.getUint32(i * 4)
  extend(schedule)
  mix(hash, schedule)
}

/** The 64 rounds, on plain variables: an array per round made every decision spend most of its time here. */
const mix = (hash: Uint32Array, schedule: Uint32Array): void => {
  let [a, b, c, d, e, f, g, h] = hash as unknown as [number, number, number, number, number, number, number, number]
  for (let i = 0; i < 64; i++) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
    const temp1 = (h + s1 + ((e & f) ^ (~e & g)) + at(K, i) + at(schedule, i)) | 0
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
    const temp2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + temp1) | 0
    d = c
    c = b
    b = a
    a = (temp1 + temp2) | 0
  }
  const mixed = [a, b, c, d, e, f, g, h]
  for (let i = 0; i < 8; i++) hash[i] = at(hash, i) + (mixed[i] as number)
}
