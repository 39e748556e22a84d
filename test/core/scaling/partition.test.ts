import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson } from '../../../core/canonical.ts'
import { decideAgain } from '../../../core/scaling/decide.ts'
import { claimOf, foldRecord, openPartition, restoreService, servicesOf, snapshotService } from '../../../core/scaling/partition.ts'
import type { FoldInput } from '../../../core/scaling/partition.ts'
import { sha256 } from '../../../core/sha256.ts'
import { calm, deciderStory, foldAll, instances, service, snapshotsOf, specification, storyStart } from '../../support/decider-story.ts'

/** A day in short: out, commit, more out and its undo, quiet, in. */
const busyStory = () => {
  const story = deciderStory()
  story.fleet({ prefill: 2, decode: 4 })
  story.load({ ...calm, decodeTps: 8000 })
  story.pass(20)
  story.commit()
  story.load({ ...calm, decodeTps: 16_000 })
  story.pass(80)
  story.report('placed', { group: 'g-2', prefill: 8, decode: 16 })
  story.report('rolled-back', { group: 'g-2', prefill: 4, decode: 8 })
  story.report('completed', { partial: true })
  story.pass(10)
  story.takeOver()
  story.load({ ...calm, decodeTps: 2000 })
  story.pass(150)
  return story
}

/** Told once: the stories below only read it. */
const busy = busyStory()

const bytes = (value: unknown): string => canonicalJson(value)

describe('the fold of a partition', () => {
  it('gives the same bytes again from the same records', () => {
    const story = busy
    expect(story.orders().length).toBeGreaterThan(2)
    expect(bytes(foldAll(story.inputs).emitted)).toBe(bytes(story.emitted))
  })

  it('folds a prefix, a snapshot and the rest to the bytes of the whole, wherever it is cut', () => {
    const { inputs } = busy
    const whole = inputs.map((_, index) => index)
    fc.assert(
      fc.property(fc.constantFrom(...whole), (cut) => {
        const before = foldAll(inputs.slice(0, cut))
        const snapshots = snapshotsOf(before.state)
        const from = snapshots.length > 0 ? cut : 0
        const after = foldAll(inputs.slice(from), snapshots)
        const all = foldAll(inputs)
        expect(bytes(snapshotsOf(after.state))).toBe(bytes(snapshotsOf(all.state)))
        expect(bytes(after.emitted)).toBe(bytes(from === 0 ? all.emitted : all.emitted.slice(before.emitted.length)))
      }),
      { numRuns: 40 },
    )
  })

  it('folds records twice without a trace when it restores from below a snapshot', () => {
    const { inputs } = busy
    const cut = Math.floor(inputs.length / 2)
    const snapshots = snapshotsOf(foldAll(inputs.slice(0, cut)).state)
    const after = foldAll(inputs.slice(cut - 40), snapshots)
    expect(bytes(snapshotsOf(after.state))).toBe(bytes(snapshotsOf(foldAll(inputs).state)))
  })

  it('skips per service when snapshots end at different offsets', () => {
    const inputs = busy.inputs.flatMap(twice).map((input, offset) => ({ ...input, offset }))
    const [early, late] = [Math.floor(inputs.length / 4), Math.floor(inputs.length / 2)]
    const snapshots = [
      ...snapshotsOf(foldAll(inputs.slice(0, early)).state).filter((snapshot) => snapshot.service === 'chat'),
      ...snapshotsOf(foldAll(inputs.slice(0, late)).state).filter((snapshot) => snapshot.service === 'chat-2'),
    ]
    const after = foldAll(inputs.slice(early), snapshots)
    expect(bytes(snapshotsOf(after.state))).toBe(bytes(snapshotsOf(foldAll(inputs).state)))
  })

  it('does not care in which order samples came before a tick', () => {
    const { inputs } = busy
    const all = bytes(foldAll(inputs).emitted)
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat(1_000_000)), (keys) => {
        expect(bytes(foldAll(shuffleBetweenTicks(inputs, keys)).emitted)).toBe(all)
      }),
      { numRuns: 25 },
    )
  })

  it('lets the first of two samples with one identity win', () => {
    const story = deciderStory()
    story.fleet({ prefill: 2, decode: 4 })
    story.load(calm)
    story.pass(15)
    for (const tps of [4000, 90_000])
      story.append({
        type: 'TpsObserved', service, role: 'decode', source: 'collector-east', windowStartMs: story.now() - 4000, windowEndMs: story.now() + 1000,
        instancesHeard: 4, instancesRegistered: 4, tps,
      })
    story.pass(20)
    expect(story.orders()).toEqual([])
  })

  it('does not listen to a source whose clock is an hour ahead', () => {
    const story = deciderStory()
    story.fleet({ prefill: 2, decode: 4 })
    story.load(calm)
    story.pass(5)
    story.append(instances({ prefill: 9, decode: 9 }, { now: story.now() + 3_600_000 }))
    story.pass(30)
    expect(story.state.services.get(service)?.settled).toEqual({ prefill: 2, decode: 4 })
  })

  it('listens to a source that speaks on while nobody has ticked for an hour', () => {
    const story = deciderStory()
    story.fleet({ prefill: 2, decode: 4 })
    story.load(calm)
    story.pass(5)
    story.skip(3_600)
    story.fleet({ prefill: 3, decode: 6 })
    story.observe()
    story.skip(3)
    story.tick()
    expect(story.state.services.get(service)?.settled).toEqual({ prefill: 3, decode: 6 })
  })

  it('knows in scaled time by its ticks alone whether a source is ahead', () => {
    const story = deciderStory({ claimed: false })
    story.tick({ simulated: true })
    story.fleet({ prefill: 2, decode: 4 })
    const ahead = story.now() + 320_000
    for (const report of ['first', 'settled', 'ahead'] as const) {
      story.skip(5)
      if (report === 'ahead') story.append(instances({ prefill: 9, decode: 9 }, { now: ahead }), ahead)
      else story.observe()
      story.tick({ simulated: true })
    }
    expect(story.state.services.get(service)?.settled).toEqual({ prefill: 2, decode: 4 })
  })

  it('leaves windows that end within the lateness bound to the next tick', () => {
    const story = deciderStory()
    story.fleet({ prefill: 2, decode: 4 })
    story.load(calm)
    story.pass(15)
    story.load({ ...calm, decodeTps: 100_000 })
    // The sample of second 20 is looked at from second 22 on.
    expect(story.pass(6)).toEqual([])
    expect(story.pass(1).map(({ topic }) => topic)).toContain('intents')
  })

  it('keeps its state bounded and plain JSON', () => {
    const story = deciderStory()
    story.fleet({ prefill: 2, decode: 4 })
    story.load(calm)
    story.pass(300)
    const size = snapshotsOf(story.state)[0]?.state.length ?? 0
    story.pass(400)
    const later = snapshotsOf(story.state)[0]?.state ?? ''
    expect(later.length).toBeLessThan(size * 1.05)
    expect(canonicalJson(JSON.parse(later))).toBe(later)
  })

  it('executes a recorded decision again from its argument alone', () => {
    for (const decided of busy.decisions()) {
      const verdict = decideAgain(decided.argument)
      expect('order' in verdict && verdict.order).toMatchObject({ kind: decided.kind, to: decided.to, reason: decided.reason })
      expect(bytes(verdict.evidence)).toBe(bytes(decided.evidence))
      expect(sha256(canonicalJson({ ...decided, hash: '' }))).toBe(decided.hash)
    }
  })

  it('chains decisions, and writes the hash over all holds into both kinds of record', () => {
    const story = busy
    const hashes = story.decisions().map(({ hash }) => hash)
    expect(story.decisions().map(({ previousHash }) => previousHash)).toEqual(['', ...hashes.slice(0, -1)])
  })

  it('carries a changed input in the hash over all later holds, long after its reason is gone', () => {
    const holdsHashAfter = (firstTps: number): string | undefined => {
      const story = deciderStory()
      story.fleet({ prefill: 2, decode: 4 })
      story.load({ ...calm, decodeTps: firstTps })
      story.pass(10)
      story.load(calm)
      story.pass(200)
      return story.state.services.get(service)?.holdsHash
    }
    expect(holdsHashAfter(4000)).toBe(holdsHashAfter(4000))
    expect(holdsHashAfter(4000)).not.toBe(holdsHashAfter(4001))
  })

  it('writes the first hold after a decision even when its reason is the one before', () => {
    const story = deciderStory({ spec: specification({ policies: { proportional: { windowSeconds: 5 } } }) })
    story.fleet({ prefill: 2, decode: 4 })
    story.load(calm)
    story.pass(60)
    story.load({ ...calm, decodeTps: 8000 })
    story.pass(15)
    const sequence = story.emitted.flatMap(({ event }) => (event?.type === 'ScaleHeld' ? [event.reason] : event?.type === 'ScaleDecided' ? [event.kind] : []))
    expect(sequence.slice(1, 4)).toEqual(['INSIDE_TOLERANCE', 'scale-out', 'INSIDE_TOLERANCE'])
  })

  it('gives distinct ids to all decisions', () => {
    const ids = [...busy.decisions(), ...busy.holds()].map(({ decisionId }) => decisionId)
    expect(new Set(ids).size).toBe(ids.length)
  })
})

/** The same record for a second service, which lives through the same story. */
const twice = (input: FoldInput): readonly FoldInput[] => {
  const { event } = input
  if (event.type === 'ClockTicked') return [input]
  const second = { ...event, service: 'chat-2' }
  const named = second.type === 'ServiceConfigured' ? { ...second, manifest: second.manifest.replace('"chat"', '"chat-2"') } : second
  return [input, { ...input, event: named }]
}

/** Moves records about between two ticks; offsets stay where they are. */
const shuffleBetweenTicks = (inputs: readonly FoldInput[], keys: Iterator<number> & Iterable<number>): FoldInput[] => {
  const next = keys[Symbol.iterator]()
  const out: FoldInput[] = []
  let run: FoldInput[] = []
  const flush = (): void => {
    const keyed = run.map((input) => ({ input, key: next.next().value as number })).sort((a, b) => a.key - b.key)
    out.push(...keyed.map(({ input }, index) => ({ ...input, offset: (run[index] as FoldInput).offset })))
    run = []
  }
  for (const input of inputs) {
    const isObservation = input.event.type.endsWith('Observed') || input.event.type === 'CollectorHeartbeat'
    if (isObservation) run.push(input)
    else {
      flush()
      out.push(input)
    }
  }
  flush()
  return out
}

describe('claims', () => {
  it('mints the log id with the first claim and decides nothing on a claim', () => {
    const story = deciderStory({ claimed: false })
    story.fleet({ prefill: 2, decode: 4 })
    expect(claimOf(story.state)).toMatchObject({ logId: null, epoch: 0 })
    expect(story.tick({ time: storyStart + 1 })).toEqual([])
    expect(claimOf(story.state)).toMatchObject({ logId: 'log-1', epoch: 1, ownerId: 'owner-1', lastTickMs: storyStart + 1, ownerSinceMs: storyStart + 1 })
  })

  it('ignores ticks of another owner in the same epoch, of a lower epoch, and of another log', () => {
    const story = deciderStory()
    story.pass(5)
    const before = claimOf(story.state)
    story.skip(1)
    for (const foreign of [{ ownerId: 'other' }, { epoch: 0 }, { logId: 'log-2' }, { coreHash: 'core-2' }, { time: before.lastTickMs - 500 }]) {
      expect(story.tick(foreign)).toEqual([])
      expect(claimOf(story.state)).toEqual({ ...before, offset: claimOf(story.state).offset })
    }
  })

  it('a clock 60 s ahead freezes nobody', () => {
    const story = deciderStory()
    story.fleet({ prefill: 2, decode: 4 })
    story.load({ ...calm, decodeTps: 8000 })
    story.pass(5)
    story.tick({ time: story.now() + 60_000, epoch: 9, ownerId: 'fast' })
    expect(claimOf(story.state)).toMatchObject({ epoch: 1, ownerId: 'owner-1' })
    story.pass(20)
    expect(story.orders()).toHaveLength(1)
  })

  it('accepts scaled time on a simulated topic', () => {
    const story = deciderStory({ claimed: false })
    story.tick({ simulated: true })
    story.tick({ time: story.now() + 60_000, epoch: 9, simulated: true })
    expect(claimOf(story.state)).toMatchObject({ epoch: 9, simulated: true })
    story.tick({ time: story.now() + 61_000, epoch: 10 })
    expect(claimOf(story.state).epoch).toBe(9)
  })

  it('one owner that takes a real log for a simulated one freezes nobody', () => {
    const story = deciderStory()
    story.fleet({ prefill: 2, decode: 4 })
    story.load({ ...calm, decodeTps: 8000 })
    story.pass(5)
    story.tick({ time: story.now() + 3_600_000, epoch: 9, ownerId: 'fast', simulated: true })
    expect(claimOf(story.state)).toMatchObject({ epoch: 1, ownerId: 'owner-1', simulated: false })
    story.pass(20)
    expect(story.orders()).toHaveLength(1)
  })

  it('emits nothing under the claim of another core, and takes none of its snapshots', () => {
    const story = deciderStory()
    story.fleet({ prefill: 2, decode: 4 })
    story.load({ ...calm, decodeTps: 8000 })
    story.pass(30)
    const other = foldAll(story.inputs, [], 'core-2')
    expect(other.emitted).toEqual([])
    expect(restoreService(openPartition(0, 'core-2'), snapshotsOf(story.state)[0]!)).toBe(false)
    expect(restoreService(openPartition(1, 'core-1'), snapshotsOf(story.state)[0]!)).toBe(false)
  })

  it('regains warm-up from a snapshot', () => {
    const story = deciderStory()
    story.pass(7)
    const { state } = foldAll([], snapshotsOf(story.state))
    expect(claimOf(state)).toEqual({ ...claimOf(story.state), offset: -1 })
  })
})

describe('services', () => {
  it('accepts a manifest at once, and tells of its conditions when they change', () => {
    const story = deciderStory()
    expect(story.of('ServiceAccepted')).toMatchObject([{ generation: 1, accepted: true, conditions: [] }])
    story.fleet({ prefill: 2, decode: 4 })
    story.load(calm)
    story.pass(60)
    const latest = story.of('ServiceAccepted').at(-1)
    expect(latest?.conditions.map(({ type, status }) => `${type}=${status}`)).toEqual([
      'AbleToScale=True', 'ScalingActive=True', 'ScalingLimited=False', 'RatioSatisfied=True',
    ])
    const told = story.of('ServiceAccepted').length
    story.pass(60)
    expect(story.of('ServiceAccepted')).toHaveLength(told)
  })

  it('tells the counts that are in band whenever they are others, and since when they are in band', () => {
    const story = deciderStory()
    story.fleet({ prefill: 2, decode: 4 })
    story.load({ ...calm, decodeTps: 6_000, prefillTps: 60_000 })
    story.pass(30)
    const ordered = story.lastIntent().target
    story.commit()
    story.pass(60)
    const ratios = story.of('ServiceAccepted').flatMap(({ conditions }) => conditions.filter(({ type }) => type === 'RatioSatisfied' ))
    const inBand = ratios.filter(({ reason }) => reason === 'InBand')
    expect(inBand[0]?.message).toBe('2P+4D is in band')
    expect(inBand.at(-1)?.message).toBe(`${ordered.prefill}P+${ordered.decode}D is in band`)
    expect(new Set(inBand.map(({ lastTransitionTime }) => lastTransitionTime)).size).toBe(1)
    expect(new Set(ratios.map(({ message }) => message)).size).toBe(ratios.length)
  })

  it('tells no other number anew at each look', () => {
    const story = deciderStory()
    story.fleet({ prefill: 4, decode: 8 })
    story.load({ ...calm, decodeTps: 1_000, heard: { prefill: 1, decode: 1 } })
    story.pass(120)
    const told = story.of('ServiceAccepted').length
    const before = story.of('ServiceAccepted').at(-1)?.conditions.find(({ type }) => type === 'ScalingActive')
    expect(before).toMatchObject({ status: 'False', reason: 'EvidenceIncomplete' })
    for (let heard = 2; heard < 5; heard++) {
      story.load({ ...calm, decodeTps: 1_000, heard: { prefill: 1, decode: heard } })
      story.pass(20)
    }
    expect(story.of('ServiceAccepted')).toHaveLength(told)
  })

  it('refuses a manifest and keeps the one before in force', () => {
    const story = deciderStory()
    story.configure(specification({ roles: { decode: { minReplicas: 50 } } }), 2)
    const refused = story.of('ServiceAccepted').at(-1)
    expect(refused).toMatchObject({ generation: 2, accepted: false })
    expect(refused?.message).toContain('minReplicas 50 > maxReplicas 40')
    expect(JSON.parse(refused?.manifest ?? '')).toMatchObject({ spec: { roles: { decode: { minReplicas: 2 } } } })
  })

  it.each([
    ['another cell would place the fleet a second time', specification({ cell: 'cell-b' }), 'E_SPEC_IMMUTABLE spec.cell: "cell-b"; "cell-a", which cannot change'],
    ['other GPUs per instance would spoil every reservation', specification({ roles: { decode: { gpusPerInstance: 8 } } }), 'E_SPEC_IMMUTABLE spec.roles.decode.gpusPerInstance: 8; 4, which cannot change'],
  ])('refuses what must not change under a running service: %s', (_why, spec, message) => {
    const story = deciderStory()
    story.configure(spec, 2)
    const refused = story.of('ServiceAccepted').at(-1)
    expect(refused).toMatchObject({ generation: 2, accepted: false })
    expect(refused?.message).toContain(message)
    expect(JSON.parse(refused?.manifest ?? '')).toMatchObject({ spec: { cell: 'cell-a', roles: { decode: { gpusPerInstance: 4 } } } })
    story.configure(specification({ priority: 5 }), 3)
    expect(story.of('ServiceAccepted').at(-1)).toMatchObject({ generation: 3, accepted: true })
  })

  it('refuses a manifest that is not JSON, and has no service then', () => {
    const state = openPartition(0, 'core-1')
    const event = { type: 'ServiceConfigured', service: 'x', generation: 1, manifest: '{', author: '', time: 1 } as const
    foldRecord(state, { offset: 0, appendedAtMs: 1, event })
    expect(servicesOf(state)).toEqual([])
  })

  it('announces at the first tick what was configured before anybody owned the partition', () => {
    const story = deciderStory({ claimed: false })
    expect(story.emitted).toEqual([])
    story.pass(2)
    expect(story.of('ServiceAccepted')).toHaveLength(1)
  })

  it('ignores a generation that it has seen', () => {
    const story = deciderStory()
    expect(story.configure(specification({ priority: 5 }), 1)).toEqual([])
  })

  it('forgets a removed service, withdraws its record and leaves its instances alone', () => {
    const story = deciderStory()
    story.fleet({ prefill: 2, decode: 4 })
    story.load({ ...calm, decodeTps: 8000 })
    story.pass(5)
    const out = story.append({ type: 'ServiceRemoved', service, author: 'a', time: story.now() })
    expect(out).toEqual([{ topic: 'services', key: service, event: null }])
    expect(snapshotService(story.state, service, 0)).toBeNull()
    expect(story.pass(30)).toEqual([])
  })
})
