/** `heteroscale describe`: everything about one service on one screen. */
import { Command } from 'commander'
import { createApiClient } from './api-client.ts'
import { description } from './description.ts'
import { exitCodesHelp } from './exit-codes.ts'
import { formatted, outputFormat } from './output.ts'
import { serverAddress } from './server-address.ts'
import type { DecisionAnswer, GroupAnswer, ListAnswer, RolloutAnswer, ServiceAnswer } from '../services/api/answers.ts'
import type { ApiClient } from './api-client.ts'
import type { Described } from './description.ts'
import type { OutputFormat } from './output.ts'
import type { Terminal } from './terminal.ts'

type Flags = { readonly output?: OutputFormat; readonly server?: string }

const help = `
What is configured, what operators ordered, counts at every stage, signals with their age, conditions, groups, open
rollouts, and the last decisions and holds. \`heteroscale explain <id>\` tells how one of those came about.

Examples:
  $ heteroscale describe chat-70b
  $ heteroscale describe chat-70b -o json | jq .service.conditions

${exitCodesHelp}`

export const describeCommand = (terminal: Terminal): Command => new Command('describe')
  .description('show everything about one service')
  .argument('<service>', 'name of the service')
  .option('-o, --output <format>', 'json or yaml instead of text', outputFormat)
  .addHelpText('after', help)
  .action((service: string, _flags: Flags, command: Command) => describe(terminal, service, command.optsWithGlobals<Flags>()))

const describe = async (terminal: Terminal, name: string, flags: Flags): Promise<void> => {
  const described = await gather(createApiClient(serverAddress(flags.server, terminal)), name)
  terminal.print(flags.output ? formatted(described, flags.output) : description(described, terminal))
}

/** Enough that a few orders show between the holds. */
const DECISIONS = 40

/** The service first: for a name that nobody knows the rest would only be empty. */
const gather = async (client: ApiClient, name: string): Promise<Described> => {
  const service = await client.get<ServiceAnswer>(`/services/${encodeURIComponent(name)}`)
  const query = `service=${encodeURIComponent(name)}`
  const [groups, decisions, rollouts] = await Promise.all([
    client.get<ListAnswer<GroupAnswer>>(`/groups?${query}`),
    client.get<ListAnswer<DecisionAnswer>>(`/decisions?${query}&limit=${DECISIONS}`),
    client.get<ListAnswer<RolloutAnswer>>(`/rollouts?${query}&limit=100`),
  ])
  return { now: groups.now, service, groups: groups.items, decisions: decisions.items, rollouts: rollouts.items }
}
