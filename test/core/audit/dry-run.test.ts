/** What another service file would have asked for over recorded history. */
import { describe, expect, test } from 'vitest'
import { askedBy } from '../../../core/audit/dry-run-comparison.ts'
import { dryRunRecord, openDryRun, type DryRun } from '../../../core/audit/dry-run.ts'
import type { SnapshotTaken } from '../../../core/events/decided.ts'
import { showCounts } from '../../../core/roles.ts'
import { snapshotService } from '../../../core/scaling/partition.ts'
import type { DisaggregatedServiceSpec, ServiceManifest } from '../../../core/service/specification.ts'
import { calm, deciderStory, service, specification, storyStart } from '../../support/decider-story.ts'

type Changes = Parameters<typeof specification>[0]

const manifest = (changes: Changes = {}): ServiceManifest => ({
  apiVersion: 'heteroscale.io/v1alpha1',
  kind: 'DisaggregatedService',
  metadata: { name: service },
  spec: specification(changes),
})

const sized = (targetPerInstance: number, signal: 'decodeTps' | 'prefillTps' = 'decodeTps'): Changes => ({
  policies: { proportional: { signal, targetPerInstance, windowSeconds: 20 } },
})

/** 2P+4D under a load of 4,000 tokens per second, which is what four decoders serve; then it doubles. */
const doubledLoad = () => {
  const story = deciderStory()
  story.fleet({ prefill: 2, decode: 4 })
  story.load(calm)
  story.pass(60)
  story.load({ ...calm, decodeTps: 8000 })
  story.pass(60)
  story.commit()
  story.pass(60)
  return story
}

type Story = ReturnType<typeof deciderStory>

const dryRun = (story: Story, candidate: ServiceManifest, from: { readonly ms?: number; readonly checkpoint?: SnapshotTaken } = {}): DryRun => {
  const run = openDryRun({ service, candidate, partition: 0, fromMs: from.ms ?? storyStart }, from.checkpoint ?? null)
  const start = (from.checkpoint?.lastInputOffset ?? -1) + 1
  for (const input of story.inputs.slice(start)) dryRunRecord(run, input)
  return run
}

const told = ({ comparison }: DryRun): readonly string[] =>
  comparison.moments.map(({ fromMs, decided, candidate }) => {
    const side = ({ order, reason }: typeof decided) => (order === null ? reason.split(':')[0] : `${order.kind} ${showCounts(order.to)}`)
    return `${(fromMs - storyStart) / 1000} s: ${side(decided)} / ${side(candidate)}`
  })

const asked = (run: DryRun, side: 'decided' | 'candidate', spec: DisaggregatedServiceSpec, untilMs: number) => askedBy(run.comparison[side], spec, untilMs)

describe('A dry run', () => {
  test('of the file in force differs nowhere, and orders what was ordered', () => {
    const story = doubledLoad()
    const run = dryRun(story, manifest())
    expect(story.orders()).toEqual(['scale-out 2P+4D → 3P+5D', 'scale-out 3P+5D → 4P+8D'])
    expect(told(run)).toEqual([])
    expect(run.comparison.evaluations).toBeGreaterThan(20)
    expect(asked(run, 'decided', specification(), story.now())).toEqual(asked(run, 'candidate', specification(), story.now()))
    expect(run.comparison.candidate.orders).toBe(2)
  })

  test('of a file with smaller instances orders where the one in force held, told once for the whole time', () => {
    const story = doubledLoad()
    const run = dryRun(story, manifest(sized(500)))
    expect(told(run)[0]).toMatch(/^\d+ s: INSIDE_TOLERANCE \/ scale-out 4P\+8D$/)
    expect(run.comparison.moments[0]?.evaluations).toBeGreaterThan(3)
    expect(told(run)).toContain('67 s: scale-out 3P+5D / scale-out 5P+10D')
    expect(run.comparison.moments.every(({ decided, candidate }) => JSON.stringify(decided.order) !== JSON.stringify(candidate.order))).toBe(true)
  })

  test('of a file with larger instances shrinks or holds where the one in force grew', () => {
    const run = dryRun(doubledLoad(), manifest(sized(2000)))
    expect(told(run)).toEqual([
      '42 s: INSIDE_TOLERANCE / scale-in 1P+2D',
      '67 s: scale-out 3P+5D / scale-in 2P+3D',
      '127 s: scale-out 4P+8D / STABILISING',
    ])
  })

  test('of a file that follows another signal uses samples that the decider did not keep', () => {
    const run = dryRun(doubledLoad(), manifest(sized(5_000, 'prefillTps')))
    // 40,000 tokens per second of prefill, 5,000 for each of them: eight.
    expect(told(run).join('\n')).toContain('scale-out 8P+16D')
  })

  test('of a file that was in force later still tries the one that was given', () => {
    const story = doubledLoad()
    story.configure(specification(sized(500)), 2)
    story.pass(30)
    expect(told(dryRun(story, manifest(sized(500)))).at(-1)).not.toContain('200 s')
    expect(told(dryRun(story, manifest())).at(-1)).toMatch(/^18\d s: scale-out .* \/ /)
  })

  test('counts what each asked for in GPU-hours, and leaves out the time that it knew nothing of', () => {
    const story = doubledLoad()
    const run = dryRun(story, manifest(sized(500)))
    const [decided, candidate] = (['decided', 'candidate'] as const).map((side) => asked(run, side, specification(), story.now()))
    expect(decided?.peak).toEqual({ prefill: 4, decode: 8 })
    expect(candidate?.peak).toEqual({ prefill: 8, decode: 16 })
    expect(candidate?.gpuHours).toBeGreaterThan(1.5 * (decided?.gpuHours ?? 0))
    // Three minutes of at most 12 instances of 4 GPUs.
    expect(decided?.gpuHours).toBeLessThan((12 * 4) / 20)
    expect(decided?.unknownMs).toBeGreaterThan(0)
  })

  test('compares in its window alone, and says the same from a checkpoint as from the beginning', () => {
    const story = deciderStory()
    story.fleet({ prefill: 2, decode: 4 })
    story.load(calm)
    story.pass(60)
    const checkpoint = snapshotService(story.state, service, story.now()) ?? undefined
    if (checkpoint === undefined) throw new Error('expected a checkpoint')
    story.pass(30)
    const ms = story.now()
    story.load({ ...calm, decodeTps: 8000 })
    story.pass(60)
    const [whole, short] = [dryRun(story, manifest(sized(500)), { ms }), dryRun(story, manifest(sized(500)), { ms, checkpoint })]
    expect(whole.comparison.moments.every(({ fromMs }) => fromMs >= ms)).toBe(true)
    expect(short.comparison.moments.map(({ fromMs, decided }) => ({ fromMs, decided }))).toEqual(whole.comparison.moments.map(({ fromMs, decided }) => ({ fromMs, decided })))
    expect(short.comparison.evaluations).toBe(whole.comparison.evaluations)
    expect(told(short)).toEqual(told(whole))
  })

  test('heeds the controls of that time: a paused service would not have been scaled by any file', () => {
    const story = deciderStory()
    story.fleet({ prefill: 2, decode: 4 })
    story.load(calm)
    story.order({ control: 'mode', value: 'paused' })
    story.pass(60)
    expect(told(dryRun(story, manifest(sized(500))))).toEqual([])
  })

  test('of a service that recommends compares what was and would have been recommended', () => {
    const story = deciderStory()
    story.fleet({ prefill: 2, decode: 4 })
    story.load(calm)
    story.order({ control: 'mode', value: 'recommend' })
    story.pass(60)
    expect(told(dryRun(story, manifest(sized(500))))[0]).toMatch(/INSIDE_TOLERANCE \/ scale-out 4P\+8D$/)
  })

  test('of a service that was removed in between compares what is there', () => {
    const story = deciderStory()
    story.fleet({ prefill: 2, decode: 4 })
    story.load(calm)
    story.pass(60)
    story.append({ type: 'ServiceRemoved', service, author: 'ada', time: story.now() })
    story.pass(30)
    const run = dryRun(story, manifest(sized(500)))
    expect(run.state).toBeNull()
    expect(run.comparison.moments.at(-1)?.untilMs).toBeLessThanOrEqual(storyStart + 60_000)
  })
})
