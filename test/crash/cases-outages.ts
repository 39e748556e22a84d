/** A part of the control plane is away for a minute of wall time: nothing is removed meanwhile, and the work goes on afterwards. */
import { until } from '../support/until.ts'
import { beAway } from './away.ts'
import { effects } from './case.ts'
import type { Case, Effect, Struck } from './case.ts'
import { inMidRollout } from './cases-servers.ts'
import type { Change, Stage } from './stage.ts'

const awayMs = 60_000

/** What was under way when a part went has ended by then: its rollout, and the calls of processes that died. */
const landedMs = 20_000

const deciders = ['decider-1', 'decider-2']

const changesSince = async (stage: Stage, wallMs: number): Promise<readonly Change[]> =>
  (await stage.changes()).filter(({ time }) => stage.wallTime(time) > wallMs)

/** Throws when a count was changed in the minute. Its effects count from when everything begins to come back. */
const forAMinute =
  (names: readonly string[], meanwhile: (struck: Struck) => Promise<void> = async () => undefined): NonNullable<Case['then']> =>
  async (struck) => {
    const { stage } = struck
    const { fromMs, toMs } = await beAway(stage, { names, forMs: awayMs, meanwhile: () => meanwhile(struck) })
    const written = (await changesSince(stage, fromMs + landedMs)).filter(({ kind, time }) => kind === 'written' && stage.wallTime(time) <= toMs)
    if (written.length > 0) throw new Error(`${written.length} counts were changed while ${names.join(', ')} was away: ${JSON.stringify(written[0])}`)
    return toMs
  }

/** A node is lost; its instances are replaced, and the registrar lets the new ones in, though nobody else is there. */
const losingANode = async ({ stage, service }: Struck): Promise<void> => {
  // By their place and not by their time: a fault may count from the emulator's last step, up to 250 ms before it was planted.
  const before = (await stage.changes()).length
  await stage.plantFault({ kind: 'node-loss', service, durationMs: 600_000 })
  await until('an instance was replaced and serves', async () => {
    const since = (await stage.changes()).slice(before).filter((change) => change.service === service)
    return since.some(isFailure) && since.some(isOpening)
  }, awayMs)
}

const isFailure = (change: Change & { readonly phase?: string }): boolean => change.kind === 'phase' && change.phase === 'failed'
const isOpening = (change: Change & { readonly registered?: boolean }): boolean => change.kind === 'gate' && change.registered === true

const outage = (process: string, then: NonNullable<Case['then']>, effect: Effect): Case => ({ process, step: 'away for a minute, from mid-rollout on', move: 'either', at: inMidRollout, then, effect, withinMs: 150_000 })

export const outageCases: readonly Case[] = [
  outage('collector', forAMinute(['collector']), effects.sample),
  outage('both deciders', forAMinute(deciders), effects.claim),
  outage('orchestrator', forAMinute(['orchestrator']), effects.rollout),
  outage('Temporal server', forAMinute(['temporal']), effects.rollout),
  outage('Kafka broker', forAMinute(['kafka']), effects.tick),
  {
    ...outage('all but the registrar', forAMinute(['kafka', 'temporal', 'api', 'collector', ...deciders, 'orchestrator'], losingANode), effects.claim),
    step: 'away for a minute, and a node is lost',
    withinMs: 240_000,
  },
]
