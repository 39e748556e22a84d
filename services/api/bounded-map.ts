/** A map that forgets its oldest entries: memory of the read model stays bounded however long the log is. */

export class BoundedMap<K, V> {
  readonly #entries = new Map<K, V>()
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: K): V | undefined {
    return this.#entries.get(key)
  }

  /** Keeps the first value of a key; says whether this one was it. */
  addFirst(key: K, value: V): boolean {
    if (this.#entries.has(key)) return false
    this.set(key, value)
    return true
  }

  /** Sets a value and makes its key the newest; beyond the limit the oldest key goes. */
  set(key: K, value: V): void {
    this.#entries.delete(key)
    this.#entries.set(key, value)
    if (this.#entries.size <= this.#limit) return
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest)
      return
    }
  }

  values(): readonly V[] {
    return [...this.#entries.values()]
  }

  newestFirst(): readonly V[] {
    return this.values().toReversed()
  }
}
