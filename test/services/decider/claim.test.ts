import { describe, expect, it } from 'vitest'
import { Claimant, whyIgnored, type ClaimInLog } from '../../../services/decider/claim.ts'

const start = Date.UTC(2026, 0, 1)
const unclaimed: ClaimInLog = { logId: null, epoch: 0, ownerId: '', simulated: false, lastTickMs: -1 }
const claimOf = (ownerId: string, epoch: number, seconds = 0): ClaimInLog => ({
  logId: 'log-1',
  epoch,
  ownerId,
  simulated: false,
  lastTickMs: start + seconds * 1000,
})

const claimant = () =>
  new Claimant({ ownerId: 'ada', coreHash: 'c', simulated: false, patienceMs: 15_000, mintLogId: () => 'minted' })

describe('claiming a partition', () => {
  it('mints the identity of an empty partition, and the same one when the claim must be repeated', () => {
    const ada = claimant()
    expect(ada.nextTick(start, unclaimed, -1)).toMatchObject({ logId: 'minted', epoch: 1, decidedThrough: -1 })
    expect(ada.nextTick(start + 1000, unclaimed, -1)).toMatchObject({ logId: 'minted', epoch: 1 })
  })

  it('takes the highest epoch plus one, and the identity that the log has', () => {
    expect(claimant().nextTick(start, claimOf('bob', 7), 41)).toMatchObject({ logId: 'log-1', epoch: 8, decidedThrough: 41 })
  })

  it('keeps its epoch while its claim stands', () => {
    const ada = claimant()
    ada.nextTick(start, claimOf('bob', 7), -1)
    expect(ada.nextTick(start + 1000, claimOf('ada', 8), 5)).toMatchObject({ epoch: 8 })
  })

  it('is not disturbed by the last ticks of the owner before', () => {
    const ada = claimant()
    ada.nextTick(start, claimOf('bob', 7), -1)
    expect(ada.noteTick(claimOf('bob', 7, 1), start + 1000)).toBe(false)
    expect(ada.nextTick(start + 1000, claimOf('bob', 7, 1), -1)).toMatchObject({ epoch: 8 })
  })

  it('falls silent when another owner claims over it', () => {
    const ada = claimant()
    ada.nextTick(start, claimOf('bob', 7), -1)
    expect(ada.noteTick(claimOf('eve', 9, 1), start + 1000)).toBe(true)
    expect(ada.nextTick(start + 2000, claimOf('eve', 9, 1), -1)).toBeNull()
  })

  it('falls silent when another owner was first with the same epoch', () => {
    const ada = claimant()
    ada.nextTick(start, claimOf('bob', 7), -1)
    expect(ada.noteTick(claimOf('eve', 8, 1), start + 1000)).toBe(true)
    expect(ada.nextTick(start + 2000, claimOf('eve', 8, 1), -1)).toBeNull()
  })

  it('stays silent for as long as the other ticks, and claims again when the other is gone', () => {
    const ada = claimant()
    ada.nextTick(start, claimOf('bob', 7), -1)
    for (let second = 1; second <= 60; second++) ada.noteTick(claimOf('eve', 9, second), start + second * 1000)
    expect(ada.nextTick(start + 74_000, claimOf('eve', 9, 60), -1)).toBeNull()
    expect(ada.nextTick(start + 75_000, claimOf('eve', 9, 60), -1)).toMatchObject({ epoch: 10 })
  })
})

describe('a tick of ours that comes back from the log', () => {
  const tick = claimant().nextTick(start + 1000, claimOf('bob', 7), -1)
  if (tick === null) throw new Error('expected a tick')
  const readBack = (skewMs: number) => ({ tick, appendedAtMs: tick.time - skewMs })

  it('took effect when the claim now is the tick', () => {
    expect(whyIgnored(readBack(0), claimOf('ada', 8, 1))).toBeNull()
  })

  it('was ignored for its clock when it is more than 5 s from its append time', () => {
    expect(whyIgnored(readBack(60_000), claimOf('bob', 7))).toBe('clock-skew')
    expect(whyIgnored(readBack(-60_000), claimOf('bob', 7))).toBe('clock-skew')
  })

  it('is not judged by its clock on a simulated topic', () => {
    const simulated = { ...claimOf('bob', 7, 5), simulated: true }
    expect(whyIgnored({ tick: { ...tick, simulated: true }, appendedAtMs: 0 }, simulated)).toBe('time-not-after-last')
  })

  it('was ignored because it speaks of scaled time in a log of real time', () => {
    expect(whyIgnored({ tick: { ...tick, simulated: true }, appendedAtMs: 0 }, claimOf('bob', 7))).toBe('other-time')
  })

  it('was ignored because another owner holds the partition', () => {
    expect(whyIgnored(readBack(0), claimOf('eve', 9, 1))).toBe('superseded')
    expect(whyIgnored(readBack(0), claimOf('eve', 8, 1))).toBe('superseded')
  })

  it('was ignored because the log is another one', () => {
    expect(whyIgnored(readBack(0), { ...claimOf('bob', 7), logId: 'log-2' })).toBe('other-log')
  })
})
