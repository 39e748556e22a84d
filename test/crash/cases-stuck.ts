/** A rollout whose undo keeps failing gets stuck and is repaired by a person; its service hears of both. */
import { connectClient } from '../../adapters/temporal/connection.ts'
import { sendRepair } from '../../adapters/temporal/repair.ts'
import { rolloutWorkflowId } from '../../core/ids.ts'
import { until } from '../support/until.ts'
import type { Case } from './case.ts'
import { startAgain } from './runner.ts'
import type { Stage } from './stage.ts'

/** Attempts of an undo before an operator is called; as often the sub-cluster does not answer. */
const attempts = 6

/** Decoders that never become ready, and then an undo that fails until somebody repairs it. */
const toGetStuck = async (stage: Stage): Promise<void> => {
  await stage.plantFault({ kind: 'decode-never-ready', service: 'hasty', rollouts: 1 })
  await stage.plantFault({ kind: 'api-unavailable', method: 'undo', when: 'before', times: attempts })
}

const stuckSince = ({ history }: Stage, wallMs: number): string | null => {
  const report = history.seen.find(({ record, at }) => at > wallMs && record.event?.type === 'RolloutReported' && record.event.outcome === 'stuck')?.record.event
  return report?.type === 'RolloutReported' && report.group !== null ? rolloutWorkflowId(report.service, report.intentId, report.group) : null
}

/** As `heteroscale repair` does it. */
const repairOnceStuck = async (stage: Stage, since: number): Promise<void> => {
  await until('a rollout is stuck', () => stuckSince(stage, since) !== null, 90_000)
  const { client, close } = await connectClient({ address: stage.servers.temporalAddress, namespace: 'default', tls: null })
  await sendRepair(client, stuckSince(stage, since) as string)
  await close()
}

const settling = (step: string, match: string, more: Pick<Case, 'prepare' | 'then'>): Case => ({
  process: 'orchestrator',
  step: `inside settle (${step})`,
  service: 'hasty',
  move: 'out',
  at: { role: 'orchestrator', points: [{ point: 'activity/settle/before', match }], action: 'SIGKILL' },
  biteWithinMs: 90_000,
  withinMs: 120_000,
  // Those that the sub-cluster refused, and then the one that it took, maybe twice.
  mostCalls: attempts + 2,
  ...more,
})

export const stuckCases: readonly Case[] = [
  settling('a rollout is stuck', '^settle/stuck', {
    prepare: toGetStuck,
    then: async (struck) => {
      await startAgain(struck)
      await repairOnceStuck(struck.stage, struck.bite.at - 30_000)
    },
  }),
  settling('a stuck rollout was repaired', '^settle/rolled-back', {
    prepare: async (stage) => {
      await toGetStuck(stage)
      // Where nobody gets stuck the strike does not come, and that is said.
      void repairOnceStuck(stage, Date.now()).catch(() => undefined)
    },
  }),
]
