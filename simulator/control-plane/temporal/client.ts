/** What the orchestrator asks of Temporal: intents and settlements go to the workflow of their service (adapters/temporal/submitter.ts). */
import { ApplicationFailure } from '@temporalio/common'
import type { Refusal } from '../../../core/rollout/intent-queue.ts'
import { serviceWorkflowId } from '../../../core/ids.ts'
import { portError } from '../../../core/port-error.ts'
import type { IntentSubmitter, SettlementTeller, SubmitOutcome } from '../../../core/rollout/submission.ts'
import type { SimProcess } from '../process.ts'
import type { Execution } from './execution.ts'
import type { Settled } from './history.ts'
import type { TemporalServer } from './server.ts'

/** As the adapter: 10 s for an answer, 15 s of margin for the cell. */
const answerWithinMs = 10_000
const placeMarginMs = 15_000

export type ClientOptions = { readonly server: TemporalServer; readonly process: SimProcess; readonly intentsPerRun: number }

export const createSubmitter = ({ server, process, intentsPerRun }: ClientOptions): IntentSubmitter => ({
  submit: async (intent): Promise<SubmitOutcome> => {
    const id = serviceWorkflowId(intent.service)
    const withinMs = Math.ceil(Math.max(0, intent.expiresAt - process.clock.now())) + placeMarginMs
    const update = { updateId: intent.intentId, name: 'submitIntent', args: [intent, withinMs] }
    const find = (): Execution => {
      const running = server.executions.get(id)
      return running?.isOpen === true ? running : server.start(id, 'service', { service: intent.service, intentsPerRun })
    }
    return outcomeOf(await askUpdate({ server, process }, find, update))
  },
})

export const createTeller = ({ server, process }: Pick<ClientOptions, 'server' | 'process'>): SettlementTeller => ({
  tell: async (settlement) => {
    const update = { updateId: `${settlement.intentId}/${settlement.group}/${settlement.outcome}`, name: 'groupSettled', args: [settlement] }
    await askUpdate({ server, process }, () => server.executions.get(serviceWorkflowId(settlement.service)) ?? null, update)
  },
})

type Update = Parameters<Execution['update']>[0]

/** Null: there is no such workflow. Rejects with PortError `unavailable` when no answer came in time. */
const askUpdate = ({ server, process }: Pick<ClientOptions, 'server' | 'process'>, find: () => Execution | null, update: Update): Promise<Settled | null> => {
  const { stage } = server
  return new Promise((resolve, reject) => {
    const late = process.later(answerWithinMs, () => reject(portError('unavailable', `E_TEMPORAL ${update.name} ${update.updateId}: no answer in time`)))
    const answered = (outcome: Settled | null): void => void process.later(stage.between(0.5, 5), () => {
      late.cancel()
      resolve(outcome)
    })
    const sent = process.ask({ there: stage.between(0.5, 5), back: stage.between(0.5, 2) }, () => {
      server.reach(update.name)
      const execution = find()
      if (execution === null || !execution.isOpen) answered(null)
      else execution.update(update, answered)
    }, 'update')
    sent.catch((error: unknown) => {
      late.cancel()
      reject(error as Error)
    })
  })
}

const outcomeOf = (settled: Settled | null): SubmitOutcome => {
  if (settled === null || 'value' in settled) return { kind: 'accepted' }
  const { failure } = settled
  if (!(failure instanceof ApplicationFailure) || failure.type !== 'INTENT_REFUSED') throw failure
  const refusal = failure.details?.[0] as Refusal
  return refusal.code === 'DUPLICATE' ? { kind: 'duplicate' } : { kind: 'refused', detail: refusal.detail }
}
