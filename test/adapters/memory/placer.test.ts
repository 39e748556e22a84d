/** The placer's twin keeps the port's promises and fails when told to. */
import { describe, expect, it } from 'vitest'
import { createMemoryPlacer } from '../../../adapters/memory/placer.ts'
import { openReservedGpus } from '../../../core/placement/view.ts'
import { inventoriesOf, nodesOf, NOW, requestOf } from '../../core/placement/small-cell.ts'

const twin = () => {
  const placer = createMemoryPlacer({ cell: 'cell-0', now: () => NOW })
  for (const inventory of inventoriesOf(nodesOf({ 's2-0/s1-0': ['H100', 'H100'] }))) placer.observe(inventory)
  return placer
}
const request = requestOf({ target: { prefill: 1, decode: 2 } })
const released = { cell: 'cell-0', requestId: 'i-1', group: 'chat-2-0', outcome: 'committed' } as const

describe('the memory placer', () => {
  it('answers a repeated request as before and releases once', async () => {
    const placer = twin()
    const answer = await placer.place(request)
    expect(await placer.place(request)).toEqual(answer)
    expect(openReservedGpus(placer.state())).toBe(12)
    await placer.release(released)
    await placer.release(released)
    expect(openReservedGpus(placer.state())).toBe(0)
  })

  it('fails before or after the effect, once', async () => {
    const placer = twin()
    placer.failNext('place', 'before')
    await expect(placer.place(request)).rejects.toMatchObject({ code: 'unavailable' })
    expect(placer.state().answers.size).toBe(0)
    placer.failNext('place', 'after')
    await expect(placer.place(request)).rejects.toMatchObject({ code: 'unavailable' })
    expect(placer.state().answers.size).toBe(1)
    expect((await placer.place(request)).groups).toHaveLength(1)
  })
})
