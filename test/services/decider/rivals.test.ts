import { describe, expect, it } from 'vitest'
import { claimsOf, recordsOf, replayed, ticksOf } from './history.ts'
import { wrongBy } from './manual-clock.ts'
import { openStage } from './stage.ts'

const services = ['chat', 'code']

const openBusyStage = async () => {
  const stage = await openStage()
  for (const service of services) await stage.configure(service)
  return stage
}

describe('a zombie owner', () => {
  it('falls silent when another claims its partitions, and changes no decision', async () => {
    const stage = await openBusyStage()
    await stage.startDecider('zombie', { group: 'one-group' })
    await stage.pass(60)
    await stage.startDecider('owner', { group: 'another-group', clock: wrongBy(stage.clock, 300) })
    await stage.pass(60)
    const lastZombieTick = Math.max(...(await ticksOf(stage.eventLog)).filter(({ ownerId }) => ownerId === 'zombie').map(({ time }) => time))
    const claim = (await claimsOf(stage.eventLog)).find(({ ownerId }) => ownerId === 'owner')
    expect(lastZombieTick).toBeLessThanOrEqual((claim?.time ?? 0) + 1000)
    expect(await replayed(stage.eventLog)).toMatchObject({ equal: true, differences: [] })
  })

  it('writes the same decisions as the owner, so that readers may keep either', async () => {
    const stage = await openBusyStage()
    await stage.startDecider('zombie', { group: 'one-group' })
    await stage.pass(60)
    await stage.startDecider('owner', { group: 'another-group', clock: wrongBy(stage.clock, 300) })
    await stage.pass(60)
    const report = await replayed(stage.eventLog)
    expect(report.duplicates).toBeGreaterThan(0)
    expect(report.differences).toEqual([])
  })
})

describe('two owners that claim a partition in the same moment', () => {
  it('leave it to one of them; when that one is gone, the other ticks again', async () => {
    const stage = await openBusyStage()
    const [ada, bob] = await Promise.all([stage.startDecider('ada', { group: 'one-group' }), stage.startDecider('bob', { group: 'another-group' })])
    await stage.pass(5)
    const [winner, loser] = (await ticksOf(stage.eventLog)).filter(({ partition, epoch }) => partition === 0 && epoch === 1)
    expect(new Set([winner?.ownerId, loser?.ownerId])).toEqual(new Set(['ada', 'bob']))
    await (winner?.ownerId === 'ada' ? ada : bob).stop()
    await stage.pass(30)
    const recent = (await ticksOf(stage.eventLog)).filter(({ time }) => time > stage.clock.now() - 10_000)
    expect(new Set(recent.map(({ ownerId }) => ownerId))).toEqual(new Set([loser?.ownerId]))
  })
})

describe('an owner that takes a real log for a simulated one', () => {
  it('ends and says which setting is wrong; the others go on as if it had never ticked', async () => {
    const stage = await openBusyStage()
    const ada = await stage.startDecider('ada')
    await stage.pass(10)
    const bob = await stage.startDecider('bob', { simulated: true, clock: wrongBy(stage.clock, 3_600_000) })
    const end = bob.died.catch(({ message }: Error) => message)
    await stage.pass(10)
    expect(await end).toMatch(/^E_CLOCK decider bob: got ticks of another kind of time .* HETEROSCALE_SPEED .* it stops$/)
    await bob.stop()
    await stage.pass(60)
    expect(ada.ready()).toBe(true)
    const recent = (await ticksOf(stage.eventLog)).filter(({ time }) => Math.abs(time - stage.clock.now()) < 30_000)
    expect(new Set(recent.map(({ partition, ownerId }) => `${partition} ${ownerId}`))).toEqual(new Set(['0 ada', '1 ada']))
    expect(await replayed(stage.eventLog)).toMatchObject({ equal: true })
  })
})

describe('an owner whose clock is a minute ahead', () => {
  it('leaves its partitions to the others, says so, and freezes nobody', async () => {
    const stage = await openBusyStage()
    const ada = await stage.startDecider('ada')
    const bob = await stage.startDecider('bob', { clock: wrongBy(stage.clock, 60_000) })
    await stage.pass(10)
    expect(bob.ready()).toBe(false)
    expect(ada.ready()).toBe(true)
    expect(await bob.metric('heteroscale_decider_lag_records')).toEqual([])
    expect(await ada.metric('heteroscale_decider_lag_records')).toHaveLength(2)
    expect((await bob.metric('heteroscale_decider_ticks_ignored_total')).filter((line) => !line.endsWith(' 0'))).toEqual([expect.stringMatching(/reason="clock-skew".* 3$/)])
    const before = (await recordsOf(stage.eventLog, 'decisions')).length
    await stage.pass(200)
    const recent = (await ticksOf(stage.eventLog)).filter(({ time }) => time > stage.clock.now() - 60_000)
    expect(new Set(recent.map(({ partition, ownerId }) => `${partition} ${ownerId}`))).toEqual(new Set(['0 ada', '1 ada']))
    expect((await recordsOf(stage.eventLog, 'decisions')).length).toBeGreaterThan(before)
    expect(await replayed(stage.eventLog)).toMatchObject({ equal: true })
  })

  it('comes back when the clocks agree again', async () => {
    const stage = await openBusyStage()
    await stage.startDecider('ada')
    let ahead = 60_000
    const bob = await stage.startDecider('bob', { clock: { ...stage.clock, now: () => stage.clock.now() + ahead } })
    await stage.pass(10)
    expect(bob.ready()).toBe(false)
    ahead = 0
    await stage.pass(30)
    expect(bob.ready()).toBe(true)
    const recent = (await ticksOf(stage.eventLog)).filter(({ time }) => time > stage.clock.now() - 10_000)
    expect(new Set(recent.map(({ ownerId }) => ownerId))).toEqual(new Set(['ada', 'bob']))
  })
})

describe('a new version of the deciding code', () => {
  it('takes effect by its claim, and leaves the states there as checkpoints', async () => {
    const stage = await openBusyStage()
    const ada = await stage.startDecider('ada')
    await stage.pass(60)
    await ada.stop()
    const checkpointsBefore = (await recordsOf(stage.eventLog, 'checkpoints')).length
    await stage.startDecider('bob', { coreHash: 'core-b' })
    await stage.pass(60)
    const claim = (await claimsOf(stage.eventLog)).find(({ coreHash, partition }) => coreHash === 'core-b' && partition === 0)
    const decisions = (await recordsOf(stage.eventLog, 'decisions')).flatMap(({ event }) => (event?.type === 'ScaleHeld' || event?.type === 'ScaleDecided' ? [event] : []))
    for (const { inputs, coreHash } of decisions.filter(({ inputs }) => inputs.partition === 0))
      expect(coreHash).toBe(inputs.tickOffset > (claim?.offset ?? 0) ? 'core-b' : 'core-a')
    const checkpoints = (await recordsOf(stage.eventLog, 'checkpoints')).slice(checkpointsBefore)
    expect(checkpoints.map(({ event }) => event?.type === 'SnapshotTaken' && event.coreHash)).toContain('core-b')
  })

  it('is named when an older log is to be replayed by another', async () => {
    const stage = await openBusyStage()
    await stage.startDecider('ada')
    await stage.pass(20)
    expect(await replayed(stage.eventLog, { coreHash: 'core-b' })).toMatchObject({
      equal: false,
      refusal: { reason: 'OTHER_CORE', coreHashes: ['core-a'] },
    })
  })
})
