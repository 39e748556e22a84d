/** `heteroscale apply --dry-run`: what would change, whether it would be refused, and what it would have asked for. Writes nothing. */
import { createKafkaEventLog } from '../adapters/kafka/event-log.ts'
import { isPortError } from '../core/port-error.ts'
import type { EventLog } from '../core/ports.ts'
import { changedFields, type ChangedField } from '../core/service/changed-fields.ts'
import { showFault } from '../core/service/fault.ts'
import { immutableFaults } from '../core/service/immutable.ts'
import type { ServiceManifest } from '../core/service/specification.ts'
import { steepDecrease } from '../core/service/step-guard.ts'
import type { DurationMs } from '../core/units.ts'
import type { ListAnswer, ServiceAnswer } from '../services/api/answers.ts'
import { runningCore } from '../services/core-bundle.ts'
import type { ApiClient } from './api-client.ts'
import { readHistory, type DryRunHistory, type HistoryQuestion } from './dry-run-history.ts'
import { fleetConfig, quietKafka } from './fleet-config.ts'
import type { Terminal } from './terminal.ts'

export type DryRunAnswer = {
  readonly service: string
  /** `new`: nothing of it is in force yet. */
  readonly outcome: 'new' | 'unchanged' | 'changed' | 'refused'
  /** Of the manifest in force; 0 for a new service. */
  readonly generation: number
  /** Why `apply` would refuse it, as it would say it. */
  readonly refusals: readonly string[]
  readonly changes: readonly ChangedField[]
  /** Null when it was not asked; `noHistory` says why. */
  readonly history: DryRunHistory | null
  readonly noHistory: string
}

export type DryRunRequest = {
  readonly candidate: ServiceManifest
  readonly windowMs: DurationMs
  readonly confirmDecrease?: number | undefined
  readonly expectedGeneration?: number | undefined
}

/** Opens the log, or says why there is none. */
export type OpenLog = (terminal: Terminal) => Promise<{ readonly eventLog: EventLog; readonly coreHash: string } | { readonly why: string }>

/** Asks the API what is in force, and the log what happened. */
export const dryRun = async (ports: { readonly client: ApiClient; readonly terminal: Terminal; readonly openLog?: OpenLog }, request: DryRunRequest): Promise<DryRunAnswer> => {
  const { client, terminal, openLog = openKafkaLog } = ports
  const { candidate, windowMs } = request
  const service = candidate.metadata.name
  const { now, items } = await client.get<ListAnswer<ServiceAnswer>>('/services')
  const standing = items.find(({ name }) => name === service)
  const inForce = standing?.manifest ?? null
  const answer = judge(request, { inForce, generation: standing?.generation ?? 0 })
  if (inForce === null) return { ...answer, history: null, noHistory: `${service} is new: there is nothing that it could be compared with` }
  if (immutableFaults(inForce, candidate).length > 0) return { ...answer, history: null, noHistory: 'this file can never be in force for the service' }
  const question = { inForce, candidate, nowMs: now, windowMs }
  return { ...answer, ...(await ask(() => openLog(terminal), question)) }
}

type Standing = { readonly inForce: ServiceManifest | null; readonly generation: number }

const judge = (request: DryRunRequest, { inForce, generation }: Standing): Omit<DryRunAnswer, 'history' | 'noHistory'> => {
  const { candidate } = request
  const refusals = [...staleGeneration(request, generation), ...(inForce === null ? [] : refusalsAgainst(inForce, request))]
  const changes = inForce === null ? [] : changedFields(inForce, candidate)
  const outcome = refusals.length > 0 ? 'refused' : inForce === null ? 'new' : changes.length === 0 ? 'unchanged' : 'changed'
  return { service: candidate.metadata.name, outcome, generation, refusals, changes }
}

const staleGeneration = ({ candidate, expectedGeneration }: DryRunRequest, generation: number): readonly string[] =>
  expectedGeneration === undefined || expectedGeneration === generation
    ? []
    : [`E_GENERATION expectedGeneration: ${candidate.metadata.name} is at generation ${generation}; expected ${expectedGeneration}`]

/** The same rules as the API's, so that both say the same. */
const refusalsAgainst = (inForce: ServiceManifest, { candidate, confirmDecrease }: DryRunRequest): readonly string[] => {
  const steep = steepDecrease(inForce, candidate, confirmDecrease)
  return [
    ...immutableFaults(inForce, candidate).map(showFault),
    ...(steep === null
      ? []
      : [
          `E_SAFETY_STEP ${steep.path}: ${steep.from} → ${steep.to} lowers the minimum by ${steep.percent} %; at most 50 % unless confirmed; ` +
            `add --confirm-decrease ${steep.percent} if you mean it`,
        ]),
  ]
}

type History = Pick<DryRunAnswer, 'history' | 'noHistory'>

const ask = async (open: () => ReturnType<OpenLog>, question: Omit<HistoryQuestion, 'coreHash'>): Promise<History> => {
  const log = await open()
  if ('why' in log) return { history: null, noHistory: log.why }
  try {
    const history = await readHistory(log.eventLog, { ...question, coreHash: log.coreHash })
    return history.evaluations > 0 ? { history, noHistory: '' } : { history: null, noHistory: 'the log holds no evaluation of the service in this window' }
  } catch (error) {
    if (isAway(error)) return { history: null, noHistory: `Kafka stopped answering (${error.message})` }
    throw error
  } finally {
    await log.eventLog.close()
  }
}

const isAway = (error: unknown): error is Error => isPortError(error, 'unavailable') || isPortError(error, 'timeout')

/** One question, not twenty seconds of them: without a log the answer is still worth having. */
const openKafkaLog: OpenLog = async (terminal) => {
  const options = quietKafka('dry-run', fleetConfig(terminal).config)
  const probe = createKafkaEventLog({ ...options, connectionRetries: 0 })
  try {
    await probe.bounds('signals')
  } catch (error) {
    if (isAway(error)) return { why: `Kafka at ${options.brokers.join(',')} does not answer; name it with KAFKA_BROKERS, or start the fleet with \`heteroscale up\`` }
    throw error
  } finally {
    await probe.close()
  }
  return { eventLog: createKafkaEventLog(options), coreHash: (await runningCore()).coreHash }
}
