/** Mistakes in deciding what a service needs: `core/scaling`. */
import type { Mutant } from './mutant.ts'

const shrinkStops = 'const stop = warmUp(situation) ?? openRollout(situation) ?? cooldownIn(situation)'

export const scalingMutants: readonly Mutant[] = [
  {
    name: 'instances-not-required',
    story: 'The list of signals that a scale-in requires is shortened to the measured ones; what the sub-clusters say of instances drops out.',
    file: 'core/scaling/evidence-veto.ts',
    from: 'const required = [evidence.demand, evidence.ttft, evidence.tbt, evidence.instances]',
    to: 'const required = [evidence.demand, evidence.ttft, evidence.tbt]',
  },
  {
    name: 'latency-does-not-veto',
    story: 'The veto is taken for a check of presence alone, so a broken or rising latency no longer keeps the fleet.',
    file: 'core/scaling/evidence-veto.ts',
    from: 'missingEvidence(situation) ?? latencyVeto(situation)',
    to: 'missingEvidence(situation)',
  },
  {
    name: 'rate-lost-behind-bounds',
    story: 'Bounds are applied to the counts from before the removal rate, which is noted as a limit and then lost.',
    file: 'core/scaling/shrink.ts',
    from: "{ limit: 'bounds', after: maxCounts(rated.counts, minimum)",
    to: "{ limit: 'bounds', after: maxCounts(start.counts, minimum)",
  },
  {
    name: 'by-hand-skips-the-floor',
    story: 'An order by hand goes straight to the ratio, past removal rate and minimum, because the operator surely knows.',
    file: 'core/scaling/shrink.ts',
    from: 'return ordered(situation, [ask], bounded(situation, { counts: wanted, limits: [] }))',
    to: 'return ordered(situation, [ask], { counts: wanted, limits: [] })',
  },
  {
    name: 'no-warm-up',
    story: 'A new owner shrinks at once: the warm-up is dropped from the list of stops.',
    file: 'core/scaling/shrink.ts',
    from: shrinkStops,
    to: 'const stop = openRollout(situation) ?? cooldownIn(situation)',
  },
  {
    name: 'shrinks-during-a-rollout',
    story: 'The precondition that nothing is on its way is dropped, since the cooldown seems to cover it.',
    file: 'core/scaling/shrink.ts',
    from: shrinkStops,
    to: 'const stop = warmUp(situation) ?? cooldownIn(situation)',
  },
  {
    name: 'maximum-before-rate',
    story: 'The maximum is believed to be inside the ceiling of the rate and is not applied after it.',
    file: 'core/scaling/grow.ts',
    from: 'return { ...within, ceiling: minCounts(ceiling, maximum) }',
    to: 'return { ...rated, ceiling }',
  },
  {
    name: 'stabilisation-forgets-calm',
    story: 'Samples that were not looked at leave no recommendation behind, so the stabilisation window forgets what stood through the calm.',
    file: 'core/scaling/evaluate.ts',
    from: 'settle(rememberCalm(open, nowMs), nowMs)',
    to: 'settle(open, nowMs)',
  },
  {
    name: 'stabilisation-forgets-gaps',
    story: 'After an outage the first fresh evidence counts as a whole window of it, since nothing in the window speaks against it.',
    file: 'core/scaling/evaluate.ts',
    from: 'isHeard(state, nowMs) ? nowMs - latenessMs : heardAgainAt(state, nowMs)',
    to: 'isHeard(state, nowMs) ? nowMs - latenessMs : null',
  },
  {
    name: 'calm-through-a-gap',
    story: 'A sample inside the bounds is not looked at, also when it is the first after a silence that nobody ticked through.',
    file: 'core/scaling/calm-bounds.ts',
    from: 'isInBand(calm, event) && !isAfterGap(known, event)',
    to: 'isInBand(calm, event)',
  },
  {
    name: 'controls-unknown-is-none',
    story: 'Where nobody has said yet what operators ordered, it is taken that they ordered nothing.',
    file: 'core/scaling/controls.ts',
    from: "if (controls === null) return { hold: hold('CONTROLS_UNKNOWN', unknownControls), limits: [] }",
    to: 'if (controls === null) return outcome',
  },
  {
    name: 'sequence-ignores-the-field',
    story: 'The next sequence counts on from the own last one and forgets what the groups carry, so a recreated log starts again at 1.',
    file: 'core/scaling/record.ts',
    from: 'return Math.max(state.lastSequence, seen <= mostSequence ? seen : 0) + 1',
    to: 'return state.lastSequence + 1',
  },
  {
    name: 'stop-does-not-hold',
    story: 'A kill switch without an end is read as one that has ended.',
    file: 'core/controls/stop.ts',
    from: 'untilMs === null || nowMs < untilMs',
    to: 'nowMs < (untilMs ?? 0)',
    tests: ['test/core/controls', 'test/core/scaling/stops.test.ts'],
  },
]
