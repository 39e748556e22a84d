import { describe, expect, it } from 'vitest'
import { Ticker } from '../../../services/decider/ticker.ts'
import { createManualClock, settled } from './manual-clock.ts'

const start = Date.UTC(2026, 0, 1)

const setUp = ({ fail = false, mayTick = (): boolean => true } = {}) => {
  const clock = createManualClock(start)
  const story = { sent: [] as number[], skipped: 0, failed: 0 }
  const ticker = new Ticker({
    clock,
    periodMs: 1000,
    send: (time) => {
      if (!mayTick()) return null
      story.sent.push(time - start)
      return fail ? Promise.reject(new Error('broker away')) : Promise.resolve()
    },
    onSkipped: () => (story.skipped += 1),
    onFailed: () => (story.failed += 1),
  })
  return { clock, ticker, story }
}

describe('the ticker', () => {
  it('sends the next tick once the last was read back', async () => {
    const { clock, ticker, story } = setUp()
    ticker.readBack(start)
    await clock.advance(1000)
    ticker.readBack(start + 1000)
    await clock.advance(1000)
    expect(story).toEqual({ sent: [0, 1000, 2000], skipped: 0, failed: 0 })
  })

  it('skips ticks while one is in flight and queues none of them', async () => {
    const { clock, ticker, story } = setUp()
    for (let second = 0; second < 5; second++) await clock.advance(1000)
    expect(story).toMatchObject({ sent: [0], skipped: 5 })
    ticker.readBack(start)
    await clock.advance(1000)
    expect(story).toMatchObject({ sent: [0, 6000], skipped: 5 })
  })

  it('goes on when a tick could not be appended', async () => {
    const { clock, story } = setUp({ fail: true })
    await settled()
    await clock.advance(1000)
    expect(story).toEqual({ sent: [0, 1000], skipped: 0, failed: 2 })
  })

  it('is not fooled by the late return of an earlier tick', async () => {
    const { clock, ticker, story } = setUp()
    ticker.readBack(start)
    await clock.advance(1000)
    ticker.readBack(start)
    await clock.advance(1000)
    expect(story).toMatchObject({ sent: [0, 1000], skipped: 1 })
  })

  it('sends nothing more once it was stopped', async () => {
    const { clock, ticker, story } = setUp()
    ticker.readBack(start)
    ticker.stop()
    await clock.advance(5000)
    expect(story.sent).toEqual([0])
  })

  it('waits where it may not tick, without calling that a skip', async () => {
    let allowed = false
    const { clock, story } = setUp({ mayTick: () => allowed })
    await clock.advance(1000)
    allowed = true
    await clock.advance(1000)
    expect(story).toEqual({ sent: [2000], skipped: 0, failed: 0 })
  })
})
