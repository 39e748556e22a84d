/** Every process of ours, killed with -9 at every step of its work, and started again. */
import type { PassedPoint } from './arming.ts'
import { effects } from './case.ts'
import type { Case, Struck } from './case.ts'
import { stuckCases } from './cases-stuck.ts'
import { startAgain } from './runner.ts'
import type { Stage } from './stage.ts'
import { until } from '../support/until.ts'
import { withdrawalCases } from './cases-withdrawal.ts'

const passing = (point: string, match?: string): PassedPoint => (match === undefined ? { point } : { point, match })

const killed = (role: string, ...points: readonly PassedPoint[]): Case['at'] => ({ role, points, action: 'SIGKILL' })

const intentWritten = passing('append/ScaleIntentEmitted/after')

const decider: readonly Case[] = [
  { process: 'decider', step: 'a new order is about to be told to its fold', move: 'either', at: killed('decider', passing('append/ControlChanged/before')), effect: effects.decision },
  { process: 'decider', step: 'in mid-tick: appended, not read back', move: 'either', at: killed('decider', passing('append/ControlChanged/after'), passing('append/ClockTicked/after')), effect: effects.decision },
  { process: 'decider', step: 'between consume and produce', move: 'either', at: killed('decider', passing('append/ScaleIntentEmitted/before')), effect: effects.decision },
  { process: 'decider', step: 'after produce, before snapshot', move: 'either', at: killed('decider', intentWritten) },
  { process: 'decider', step: 'after snapshot, before commit', move: 'either', at: killed('decider', intentWritten, passing('commit/heteroscale-decider/before')) },
  { process: 'decider', step: 'after commit', move: 'either', at: killed('decider', intentWritten, passing('commit/heteroscale-decider/after')) },
]

const placer: readonly Case[] = [
  { process: 'placer', step: 'before it appends a placement', move: 'either', at: killed('orchestrator', passing('append/PlacementDecided/before')) },
  { process: 'placer', step: 'between append and read-back', move: 'either', at: killed('orchestrator', passing('append/PlacementDecided/after')) },
  { process: 'placer', step: 'read back, not answered', move: 'either', at: killed('orchestrator', passing('activity/place/after')) },
  { process: 'placer', step: 'before it appends a release', move: 'either', at: killed('orchestrator', passing('append/ReservationReleased/before')) },
  { process: 'placer', step: 'release appended, not answered', move: 'either', at: killed('orchestrator', passing('append/ReservationReleased/after')) },
]

const intents: readonly Case[] = [
  { process: 'orchestrator', step: 'intent read, not submitted', move: 'either', at: killed('orchestrator', passing('submit/before')) },
  { process: 'orchestrator', step: 'intent submitted, not committed', move: 'either', at: killed('orchestrator', passing('submit/after')) },
]

/** A step is over when its report is in the log; the workflow does not know it yet. */
const afterStep = (step: string, move: Case['move'], about = step): Case => ({
  process: 'orchestrator',
  step: `after step ${step}`,
  move,
  at: killed('orchestrator', passing('activity/report/after', `^report/${about}`)),
})

const inside = (activity: string, { move, point, match }: { readonly move: Case['move']; readonly point: string; readonly match?: string }): Case => ({
  process: 'orchestrator',
  step: `inside ${activity}`,
  move,
  at: killed('orchestrator', passing(point, match)),
})

const growing: readonly Case[] = [
  inside('apply, before the effect', { move: 'out', point: 'http/apply/before', match: '/grow$' }),
  inside('apply, after the effect', { move: 'out', point: 'http/apply/after', match: '/grow$' }),
  inside('report, before the append', { move: 'out', point: 'activity/report/before', match: '^report/grow' }),
  afterStep('grow', 'out', 'grow='),
  inside('await-scheduled', { move: 'out', point: 'activity/awaitState/before', match: '^scheduled/prefill' }),
  afterStep('scheduled/prefill', 'out'),
  afterStep('scheduled/decode', 'out'),
  inside('await-ready', { move: 'out', point: 'activity/awaitState/before', match: '^ready/decode' }),
  afterStep('ready/prefill', 'out'),
  afterStep('ready/decode', 'out'),
]

const registering: readonly Case[] = [
  inside('register, before the effect', { move: 'either', point: 'http/registration-target/before' }),
  inside('register, after the effect', { move: 'either', point: 'http/registration-target/after' }),
  afterStep('register', 'either', 'register='),
  inside('await-registered', { move: 'either', point: 'activity/awaitState/before', match: '^registered' }),
  afterStep('registered', 'either', 'registered='),
  afterStep('end (committed)', 'either', 'end/committed'),
  inside('release, after the effect', { move: 'either', point: 'activity/release/after' }),
]

const shrinking: readonly Case[] = [
  inside('apply of a shrink, before the effect', { move: 'in', point: 'http/apply/before', match: '/shrink$' }),
  inside('apply of a shrink, after the effect', { move: 'in', point: 'http/apply/after', match: '/shrink$' }),
  afterStep('shrink', 'in', 'shrink='),
  inside('await-gone', { move: 'in', point: 'activity/awaitState/before', match: '^gone' }),
  afterStep('gone', 'in', 'gone='),
]

/** Decoders of one rollout never become ready: it is undone, and the order that still stands is carried out by the next one. */
const neverReady = (stage: Stage): Promise<void> => stage.plantFault({ kind: 'decode-never-ready', service: 'hasty', rollouts: 1 })

const undoing: readonly Case[] = [
  ...(
    [
      ['inside undo, before the effect', 'http/undo/before', '/undo/grow$'],
      ['inside undo, after the effect', 'http/undo/after', '/undo/grow$'],
      ['after step undo/grow', 'activity/report/after', '^report/undo/grow'],
      ['after the end (rolled back)', 'activity/report/after', '^report/end/rolled-back'],
    ] as const
  ).map(([step, point, match]): Case => ({ process: 'orchestrator', step, service: 'hasty', move: 'out', prepare: neverReady, at: killed('orchestrator', passing(point, match)), withinMs: 90_000 })),
  {
    process: 'orchestrator',
    step: 'inside await-withdrawn (undo of a registration)',
    service: 'hasty',
    move: 'out',
    // Nobody opens the gates, so that the registration is not reached in time and taken back.
    prepare: async (stage) => void stage.process('registrar').kill('SIGSTOP'),
    at: killed('orchestrator', passing('activity/awaitWithdrawn/before')),
    then: async (struck) => {
      struck.stage.process('registrar').kill('SIGCONT')
      await startAgain(struck)
    },
    withinMs: 90_000,
  },
]

const killSwitch = (stage: Stage, value: 'on' | 'released'): Promise<void> => stage.control({ control: 'kill-switch', value, reason: 'the next case' })

/** Pulled once the rollout has grown its group, so that it halts before the registration. */
const halted: Case = {
  process: 'orchestrator',
  step: 'inside await-release (halted by the kill switch)',
  move: 'out',
  prepare: async (stage) => {
    const before = (await stage.changes()).length
    const grown = until('the group has grown', async () => (await stage.changes()).slice(before).some(({ kind, key }) => kind === 'written' && key?.endsWith('/grow') === true))
    void grown.then(() => killSwitch(stage, 'on'))
  },
  at: killed('orchestrator', passing('activity/awaitRelease/before')),
  // The release is ordered while nobody is there to hear it.
  then: async (struck) => {
    await killSwitch(struck.stage, 'released')
    await startAgain(struck)
  },
}

const registrar: readonly Case[] = [
  { process: 'registrar', step: 'before it opens a gate', move: 'out', at: killed('registrar', passing('http/registered/before')) },
  { process: 'registrar', step: 'between two gates', move: 'out', at: killed('registrar', passing('http/registered/after')) },
  { process: 'registrar', step: 'between two gates that close', move: 'in', at: killed('registrar', passing('http/registered/after')) },
]

const collector: readonly Case[] = [
  { process: 'collector', step: 'before it appends a round', move: 'either', at: killed('collector', passing('append/TpsObserved/before')) },
  { process: 'collector', step: 'after it appended a round', move: 'either', at: killed('collector', passing('append/TpsObserved/after')) },
]

/** In an order in which growing and shrinking take turns, so that few cases need room made for them. */
export const processCases: readonly Case[] = [...growing, ...shrinking.slice(0, 1), ...decider, ...shrinking.slice(1, 2), ...placer, ...shrinking.slice(2, 3), ...intents, ...registering, ...shrinking.slice(3), halted, ...registrar, ...collector, ...undoing, ...stuckCases, ...withdrawalCases]

/** What `npm test` has time for. */
export const fewCases: readonly Case[] = [...decider.slice(2, 3), ...placer.slice(1, 2), ...growing.slice(1, 2), ...registrar.slice(1, 2)]

export type { Struck }
