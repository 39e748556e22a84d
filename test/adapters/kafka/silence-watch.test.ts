/** Who is silent, and who only has nothing to read, is at work, or waits for a broker that is away. */
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Standing } from '../../../adapters/kafka/silence-watch.ts'
import { watchSilence } from '../../../adapters/kafka/silence-watch.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A consumer of one partition of `controls`, which a test moves, and a log, which it lets grow. */
const watched = () => {
  const told: string[] = []
  const state = { standing: [at(3)], end: 5, isAway: false }
  const watch = watchSilence({
    name: 'consumer of group g',
    lookEveryMs: 5_000,
    standing: () => state.standing,
    ends: () => (state.isAway ? Promise.reject(new Error('no broker')) : Promise.resolve([{ partition: 0, end: state.end }])),
    onSilent: (error) => void told.push(error.message),
  })
  onTestFinished(() => watch.stop())
  const looks = (count: number) => vi.advanceTimersByTimeAsync(count * 5_000)
  return { state, told, looks, watch }
}

const at = (next: number): Standing => ({ topic: 'controls', partition: 0, next })

describe('the watch for silence', () => {
  it('ends a consumer that stood before the end of the log at nine looks in turn, once', async () => {
    const { told, looks } = watched()
    await looks(8)
    expect(told).toEqual([])
    await looks(20)
    expect(told).toEqual([expect.stringMatching(/^KAFKA_SILENT consumer of group g: controls\/0 was not read on from offset 3 for 45 s, the log ends at 5 and the broker answers; .*begins anew$/)])
  })

  it('lets one be that has read everything', async () => {
    const { state, told, looks } = watched()
    state.end = 3
    await looks(30)
    expect(told).toEqual([])
  })

  it('begins to count anew with one that moved, be it ever so slow', async () => {
    const { state, told, looks } = watched()
    for (let next = 3; next < 8; next += 1) {
      state.standing = [at(next)]
      state.end = next + 10
      await looks(8)
    }
    expect(told).toEqual([])
    await looks(1)
    expect(told).toHaveLength(1)
  })

  it('and with one that was at work', async () => {
    const { state, told, looks } = watched()
    await looks(8)
    state.standing = []
    await looks(30)
    state.standing = [at(3)]
    await looks(8)
    expect(told).toEqual([])
  })

  it('and with everybody when the broker was away', async () => {
    const { state, told, looks } = watched()
    await looks(8)
    state.isAway = true
    await looks(30)
    state.isAway = false
    await looks(8)
    expect(told).toEqual([])
    await looks(1)
    expect(told).toHaveLength(1)
  })

  it('says nothing any more once it was stopped', async () => {
    const { told, looks, watch } = watched()
    await looks(8)
    watch.stop()
    await looks(30)
    expect(told).toEqual([])
  })
})
