/** Sleeping in world time: it ends by itself or by its stop, and leaves nothing behind on a stop that never comes. */
import { describe, expect, test } from 'vitest'
import { createWorldClock, wallTime } from '../../../adapters/clock/world-clock.ts'

const clock = createWorldClock({ ...wallTime, speed: 1000 })
/** A stop that counts how many wait for it. */
const countedStop = () => {
  let resolve: () => void = () => undefined
  let reject: (reason: Error) => void = () => undefined
  let reactions = 0
  const stop = new Promise<void>((...both) => ([resolve, reject] = both))
  const then = stop.then.bind(stop)
  stop.then = ((...handlers: Parameters<typeof then>) => {
    reactions += 1
    return then(...handlers)
  }) as typeof stop.then
  return { stop, resolve: () => resolve(), reject: () => reject(new Error('gone')), reactions: () => reactions }
}
const anHour = 3_600_000_000

describe('a sleep', () => {
  test('ends after its world time', async () => {
    const startedAt = clock.now()
    await clock.sleep(20_000)
    expect(clock.now() - startedAt).toBeGreaterThanOrEqual(19_000)
  })

  test('a hundred of them leave one reaction on a stop that never comes', async () => {
    const { stop, reactions } = countedStop()
    for (let count = 0; count < 100; count++) await clock.sleep(0, stop)
    expect(reactions()).toBe(1)
  })

  test.each(['resolve', 'reject'] as const)('all that lie ahead end at once when their stop %ss, and later ones too', async (how) => {
    const stopping = countedStop()
    const sleeping = [1, 2, 3].map(() => clock.sleep(anHour, stopping.stop))
    stopping[how]()
    await Promise.all(sleeping)
    await clock.sleep(anHour, stopping.stop)
    expect(stopping.reactions()).toBe(1)
  })

  test('ends at once when it was stopped before', async () => {
    await expect(clock.sleep(anHour, Promise.resolve())).resolves.toBeUndefined()
  })
})
