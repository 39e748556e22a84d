/** Seeded randomness: one seed is one history. Streams are forked by name, so that one more draw moves nobody else's. */

export type Random = {
  /** Uniform in [0, 1). */
  next(): number
  /** Standard normal. */
  normal(): number
  /** Exponential with this mean. */
  exponential(mean: number): number
  /** Log-normal with this median; `sigma` is the standard deviation of the logarithm. */
  logNormal(median: number, sigma: number): number
  /** An independent stream that depends on the seed and the name only. */
  fork(name: string): Random
}

export const createRandom = (seed: number | string): Random => {
  let state = hash(String(seed))
  /** mulberry32 (T. Ettinger, public domain): 2^32 states, enough for streams of some 1e6 draws. */
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  /** Box-Muller; 1 − u keeps the logarithm finite. */
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
  return {
    next,
    normal,
    exponential: (mean) => -mean * Math.log(1 - next()),
    logNormal: (median, sigma) => median * Math.exp(sigma * normal()),
    fork: (name) => createRandom(`${seed}/${name}`),
  }
}

/** FNV-1a, 32 bits. */
const hash = (text: string): number => {
  let value = 0x811c9dc5
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193)
  return value | 0
}
