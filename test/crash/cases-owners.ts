/**
 * Two owners at once: a process is stopped at a point inside a batch, loses what it owned to another one, and goes on later. What
 * it then does is late, and must be harmless.
 */
import { until } from '../support/until.ts'
import type { PassedPoint } from './arming.ts'
import { effects } from './case.ts'
import type { Case, Effect, Struck } from './case.ts'
import { readyAgain } from './ready.ts'

/** Longer than a consumer's session (6 s) and an activity's attempt (4 s, of a place 10 s): all that it had is somebody else's. */
const pastSessionsMs = 14_000

/** Goes on when another has carried out what was under way, and not before its sessions are over. Resolves when it has caught up. */
const resumeLate = async (struck: Struck): Promise<void> => {
  const { stage, bite, name } = struck
  await until('its sessions are over', () => Date.now() > bite.at + pastSessionsMs, pastSessionsMs + 5_000)
  process.kill(bite.pid, 'SIGCONT')
  await readyAgain(stage, name)
}

const zombie = (process: string, step: string, { role, points, effect }: { readonly role: string; readonly points: readonly PassedPoint[]; readonly effect?: Effect }): Case => ({
  process,
  step,
  move: 'either',
  at: { role, points, action: 'SIGSTOP' },
  then: resumeLate,
  ...(effect === undefined ? {} : { effect }),
  withinMs: 120_000,
})

const intentWritten: PassedPoint = { point: 'append/ScaleIntentEmitted/after' }

/** One of two dies and stays dead: the other one goes on with its rollout. The last case of its fleet, which is then one process short. */
const oneOfTwo: Case = {
  process: 'orchestrator (one of two)',
  step: 'inside apply, after the effect; nobody starts it again',
  move: 'either',
  at: { role: 'orchestrator', points: [{ point: 'http/(apply|registration-target)/after' }], action: 'SIGKILL' },
  then: async () => undefined,
}

export const ownerCases: readonly Case[] = [
  zombie('decider (paused)', 'in mid-tick: appended, not read back', { role: 'decider', points: [{ point: 'append/ControlChanged/after' }, { point: 'append/ClockTicked/after' }], effect: effects.decision }),
  zombie('decider (paused)', 'between consume and produce', { role: 'decider', points: [{ point: 'append/ScaleIntentEmitted/before' }], effect: effects.decision }),
  zombie('decider (paused)', 'after produce, before snapshot', { role: 'decider', points: [intentWritten] }),
  zombie('decider (paused)', 'after snapshot, before commit', { role: 'decider', points: [intentWritten, { point: 'commit/heteroscale-decider/before' }] }),
  zombie('placer (paused)', 'cycle computed, not appended', { role: 'orchestrator', points: [{ point: 'append/PlacementDecided/before' }] }),
  zombie('placer (paused)', 'between append and read-back', { role: 'orchestrator', points: [{ point: 'append/PlacementDecided/after' }] }),
  zombie('orchestrator (paused)', 'intent read, not submitted', { role: 'orchestrator', points: [{ point: 'submit/before' }] }),
  zombie('orchestrator (paused)', 'inside apply or register, before the effect', { role: 'orchestrator', points: [{ point: 'http/(apply|registration-target)/before' }] }),
  zombie('orchestrator (paused)', 'inside report, before the append', { role: 'orchestrator', points: [{ point: 'activity/report/before', match: '^report/register=' }] }),
  oneOfTwo,
]
