/** A zombie of another version: its core decided, it was stopped before it could say so, and a new version took over meanwhile. */
import { until } from '../support/until.ts'
import { startAnother } from './another.ts'
import type { OtherRelease } from './another.ts'
import { effects } from './case.ts'
import type { Case } from './case.ts'
import type { Stage } from './stage.ts'

const old = 'decider-old'

/** All deciders of this version rest, and one of the other version owns every partition. */
export const beginWithOldVersion = async (stage: Stage, release: OtherRelease): Promise<{ stop(): Promise<unknown> }> => {
  await Promise.all(['decider-1', 'decider-2'].map((name) => stage.process(name).stop()))
  const handle = await startAnother(stage, { name: old, role: 'decider', root: release.root })
  await until('the other version ticks', () => stage.history.seen.some(({ record }) => record.event?.type === 'ClockTicked' && record.event.coreHash === release.coreHash))
  return handle
}

type LateIntent = { readonly intentId: string; readonly at: number }

/** What the zombie wrote after it went on. */
const lateIntent = ({ history }: Stage, release: OtherRelease, since: number): LateIntent | null => {
  const late = history.seen.find(({ record, at }) => at > since && record.event?.type === 'ScaleDecided' && record.event.coreHash === release.coreHash)
  return late?.record.event?.type === 'ScaleDecided' ? { intentId: `i-${late.record.event.decisionId}`, at: late.at } : null
}

/** For its sequence, and for nothing else (core/rollout/intent-queue.ts). */
const isRefused = ({ history }: Stage, intentId: string): boolean =>
  history.seen.some(({ record }) => record.event?.type === 'RolloutReported' && record.event.intentId === intentId && record.event.outcome === 'refused' && record.event.detail.startsWith('sequence '))

export const versionCases = (release: OtherRelease): readonly Case[] => [
  {
    process: 'decider of another version (paused)',
    step: 'between consume and produce; its late intent is refused as stale',
    move: 'out',
    at: { role: old, action: 'SIGSTOP', points: [{ point: 'append/ScaleIntentEmitted/before' }] },
    effect: effects.decision,
    withinMs: 120_000,
    then: async ({ stage, bite }) => {
      await Promise.all(['decider-1', 'decider-2'].map((name) => stage.process(name).restart()))
      const byNew = (): boolean => stage.history.seen.some(({ record, at }) => at > bite.at && record.event?.type === 'IntentCompleted')
      await until('the new version has decided, and its intent is carried out', byNew, 90_000)
      const resumedAt = Date.now()
      process.kill(bite.pid, 'SIGCONT')
      await until('the zombie wrote what it had decided', () => lateIntent(stage, release, resumedAt) !== null, 60_000)
      const { intentId } = lateIntent(stage, release, resumedAt) as LateIntent
      await until(`the orchestrator refuses ${intentId}`, () => isRefused(stage, intentId), 30_000)
    },
  },
]
