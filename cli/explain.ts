/** `heteroscale explain`: one decision, or what held at a time, as a chain from the evidence to the instances. */
import { Command } from 'commander'
import type { ControlAnswer, ExplainAnswer, ExplainAtAnswer, ListAnswer } from '../services/api/answers.ts'
import type { ApiClient } from './api-client.ts'
import { createApiClient } from './api-client.ts'
import { CliError, exitCodes, exitCodesHelp } from './exit-codes.ts'
import { explanation, explanationAt } from './explanation.ts'
import { moment, momentMs, type Moment } from './moment.ts'
import type { OutputFormat } from './output.ts'
import { formatted, outputFormat } from './output.ts'
import { showTime } from './quantities.ts'
import { serverAddress } from './server-address.ts'
import { indentedBy } from './terminal.ts'
import type { Terminal } from './terminal.ts'

const help = `
The chain: evidence → what each policy asked → limits → decision → intent → placement → steps of each rollout →
reservation → instances now. Every id comes from \`get decisions\`, \`get rollouts\`, or an annotation in the cluster.

With the name of a service: the decision or hold that is in force now, and the controls; with --at, those that were then. Times
are world time: 14:05 (UTC, the last time that a clock showed it), 2026-01-01T14:05Z, or an age such as 20m.

Examples:
  $ heteroscale explain chat-70b --at 14:05                                    why did it not scale then?
  $ heteroscale explain chat-70b --at 20m                                      twenty minutes ago
  $ heteroscale explain chat-70b                                               now
  $ heteroscale explain chat-70b-1f0c9a2b3d4e5f60                              a decision, or a hold
  $ heteroscale explain i-chat-70b-1f0c9a2b3d4e5f60                            an intent
  $ heteroscale explain rollout/chat-70b/i-chat-70b-1f0c9a2b3d4e5f60/g1        a rollout
  $ heteroscale explain i-chat-70b-1f0c9a2b3d4e5f60 -o json                    the same as data

${exitCodesHelp}`

type ExplainFlags = { readonly output?: OutputFormat; readonly server?: string; readonly at?: Moment }

export const explainCommand = (terminal: Terminal): Command =>
  new Command('explain')
    .description('tell how a decision came about and what followed from it, or why a service stood still')
    .argument('<id>', 'id of a decision, an intent or a rollout, or the name of a service')
    .option('--at <time>', 'what was in force for a service at this world time', moment)
    .option('-o, --output <format>', 'json or yaml instead of text', outputFormat)
    .addHelpText('after', help)
    .action((id: string, _flags: ExplainFlags, command: Command) => explain(terminal, id, command.optsWithGlobals<ExplainFlags>()))

const explain = async (terminal: Terminal, id: string, { server, at, output }: ExplainFlags): Promise<void> => {
  const client = createApiClient(serverAddress(server, terminal))
  const answer = at !== undefined ? await answerAt(client, id, at) : await answerNow(client, id)
  if (output) return terminal.print(formatted(answer, output))
  const inset = indentedBy(2, terminal)
  terminal.print(isOfService(answer) ? explanationAt(answer, inset) : explanation(answer, inset))
}

/** An id of the log, else the name of a service, of which the present is told. */
const answerNow = async (client: ApiClient, id: string): Promise<ExplainAnswer | ExplainAtAnswer> => {
  try {
    return await client.get<ExplainAnswer>(`/decisions/${encodeURIComponent(intentOfRollout(id) ?? id)}`)
  } catch (unknownId) {
    if (!isNotFound(unknownId)) throw unknownId
    return await answerAt(client, id, { kind: 'ago', ageMs: 0 }).catch((unknownService: unknown) => {
      throw isNotFound(unknownService) ? unknownId : unknownService
    })
  }
}

const isOfService = (answer: ExplainAnswer | ExplainAtAnswer): answer is ExplainAtAnswer => 'at' in answer

const isNotFound = (error: unknown): boolean => error instanceof CliError && error.message.startsWith('E_NOT_FOUND')

/** The present is the API's: world time may run faster than this machine's clock. */
const answerAt = async (client: ApiClient, service: string, at: Moment): Promise<ExplainAtAnswer> => {
  const { now } = await client.get<ListAnswer<ControlAnswer>>('/controls')
  const atMs = momentMs(at, now)
  if (atMs <= now) return client.get<ExplainAtAnswer>(`/services/${encodeURIComponent(service)}/explain?at=${Math.max(0, Math.floor(atMs))}`)
  throw new CliError(exitCodes.usage, `E_USAGE explain: got --at ${showTime(atMs)}; allowed: up to the world's present, ${showTime(now)}; nothing was explained`)
}

/** `rollout/<service>/<intent>/<group>` names its intent. */
const intentOfRollout = (id: string): string | null => /^rollout\/[^/]+\/([^/]+)\//.exec(id)?.[1] ?? null
