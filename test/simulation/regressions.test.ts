/** Seeds that found a bug once, each with its story; a bug that is taken out of the product again is found by its seed. */
import { expect, test } from 'vitest'
import type { FaultKind } from '../../simulator/control-plane/faults/plan.ts'
import type { TempoName } from '../../simulator/control-plane/tempo.ts'
import { useSimulation } from './simulation.ts'

const simulation = useSimulation()

/** `only`: kinds of faults that strike; absent: all. */
type Story = [seed: number, story: string, only?: readonly FaultKind[]]

/** Found with the faults that came on top later; the others before. */
const withMoreFaults: ReadonlySet<number> = new Set([3453, 5238, 9258])

/** At the brisk pace, where each of these was found. */
const brisk: readonly Story[] = [
  // The product was wrong; each fails again where its cure is taken out.
  [16, 'The acknowledgement of a report is lost, its activity is tried again, and the second record has the first id and another time.'],
  // It was wrong here too; these histories have moved on since, or a later cure covers them: unit tests hold the cure.
  [2400, 'An order is complete while the rollout that it counts on is open; that one is undone, and less stands than was reported.'],
  [41, 'A stale list shows a group as it was; a rollout planned for that takes an instance out of traffic before its shrink is refused.', ['stale-reads', 'crash-orchestrator', 'lost-answers', 'api-trouble']],
  [1005, 'A group is stuck half-way; the next order counts it as it was promised, and is reported as complete although more stands.'],
  [2091, 'A stuck group counts with the little that it was promised; growth beside it brings the service past its maximum.'],
  [5040, 'A stale list shows a group as it was; a rollout planned for that takes an instance out of traffic before its shrink is refused.'],
  [33, 'An order is given up while its service is calm: what stood through the calm was forgotten, and the next tick takes something away at once.'],
  // The checker, or the simulation, was wrong.
  [1, 'The log is deleted and made again while orders are under way; what was decided on the old one is held against the new one.'],
  [7261, 'A zombie of another version outlives the log, and carries its name into the next one, where ids then repeat.'],
  [10, 'Between the last look of one version and the claim of the next a rollout commits; its fact belongs to neither.'],
  [37, 'A zombie of another version and the owner give one number; the second order handed on is refused, and nobody waits for it.'],
  [5357, 'An owner decides, and writes nothing before another version claims; its chain goes on from a decision that is on no record.'],
  [1044, 'A collector ahead of time shows a group as it was; the rollout finds its registration done, which is no effect.'],
  [21783029, 'A write is held back on its way for 14 s; Temporal goes down meanwhile, and the write lands.'],
  [21783095, 'A zombie of another version is the last owner of a log that is deleted; its orders give numbers again, and nobody waits for them.'],
  [2116, 'A person orders a freeze and its release through an outage of Kafka; the release arrives first.'],
]

/** At the steady pace, where each of these was found. */
const steady: readonly Story[] = [
  // The product was wrong; each fails again where its cure is taken out.
  [5000635, 'Counts are adopted while nobody measures, and count as a recommendation; the window has half passed when the load is heard of again.'],
  [8002003, 'A full disk keeps ticks away for minutes; what is measured meanwhile counts as from the future, and what it asked for is lost.'],
  [8007099, 'Nobody ticks for minutes after a calm sample; it is forgotten before what it asked for is remembered, and that under an older time.'],
  [5238, 'A tick that still thinks the last sample fresh finds the first one after a silence under way and inside its bounds; nobody minds the gap.'],
  [9258, 'The same, two minutes later, with the window half over.'],
  // It was wrong here too; a later cure covers these.
  [5000251, 'Kafka is away for longer than a stabilisation window; the first fresh look after it takes an instance away.'],
  [5000386, 'A full disk lets nobody tick or measure while a service waits to shrink; the first sample after it is inside its bounds, and nobody minds the gap.'],
  // The checker was wrong.
  [3453, 'A tick is made while Kafka is away and appended when it is back; the log is deleted later, and with it when that was.'],
  [5000411, 'A start-up hangs while no decider runs; the hanging instance stands in the place of the one that would make a loss good.'],
  [5010996, 'A process gets a partition back at once and claims it, while the last tick of its former ownership is still on its way.'],
  [6001512, 'The first decision of a service is taken and not written before another version claims; the next one follows what is on no record.'],
  [7002944, 'A process gets a partition back under its own claim, and ticks at another beat while the last tick from before is on its way.'],
  [7006785, 'Decoders are ready for a second while Kafka is away, then a node is lost; that they were ready is reported when Kafka is back.'],
  [7007465, 'The older of two samples leaves the window of a policy some milliseconds before the next one may be looked at.'],
]

const told = (tempo: TempoName, stories: readonly Story[]) => stories.map(([seed, story, only]) => ({ tempo, seed, story, only }))

test.each([...told('brisk', brisk), ...told('steady', steady)])('$tempo seed $seed: $story', async ({ tempo, seed, only }) => {
  const { summary } = await simulation.current.judge(seed, { tempo, asBefore: !withMoreFaults.has(seed), ...(only === undefined ? {} : { only }) })
  expect(summary.violations).toEqual([])
}, 300_000)
