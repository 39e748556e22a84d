/** A cell that stays unserved until an order has expired: what its place had reserved already is given back, whoever dies over that. */
import type { Case, Struck } from './case.ts'
import { startAgain } from './runner.ts'
import { until } from '../support/until.ts'

/** The place is waited for 15 s longer than its order stands (adapters/temporal/submitter.ts), and Temporal tells so a moment later. */
const givenUpMs = 20_000

/** Wall time at which the newest order of the service expires. */
const expiryOf = ({ stage, service }: Struck): number => {
  const intent = stage.history.seen.findLast(({ record: { event } }) => event?.type === 'ScaleIntentEmitted' && event.service === service)?.record.event
  if (intent?.type !== 'ScaleIntentEmitted') throw new Error(`no order of ${service} was seen`)
  return stage.wallTime(intent.expiresAt)
}

/** The orchestrator dies with its place reserved and not answered, comes back when the order has expired, and dies again inside `withdraw`. */
const withdrawing = (when: 'before' | 'after', step: string): Case => ({
  process: 'placer',
  step: `inside withdraw, ${step}`,
  move: 'out',
  at: { role: 'orchestrator', points: [{ point: 'activity/place/after' }], action: 'SIGKILL' },
  then: async (struck) => {
    const expiresAt = expiryOf(struck)
    await until('the place is given up', () => Date.now() > expiresAt + givenUpMs, 120_000)
    const armed = struck.stage.arming.arm({ role: 'orchestrator', points: [{ point: `activity/withdraw/${when}` }], action: 'SIGKILL' })
    await startAgain(struck)
    const { at } = await armed.bitten().finally(() => armed.disarm())
    await startAgain(struck)
    return at
  },
  withinMs: 120_000,
})

export const withdrawalCases: readonly Case[] = [withdrawing('before', 'before the release'), withdrawing('after', 'released, not answered')]
