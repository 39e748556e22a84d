/** `heteroscale explain`: one decision as a chain that a person can read, from its evidence to the instances. */
import { Command } from 'commander'
import type { ExplainAnswer } from '../services/api/answers.ts'
import { createApiClient } from './api-client.ts'
import { exitCodesHelp } from './exit-codes.ts'
import { explanation } from './explanation.ts'
import type { OutputFormat } from './output.ts'
import { formatted, outputFormat } from './output.ts'
import { serverAddress } from './server-address.ts'
import type { Terminal } from './terminal.ts'

const help = `
The chain: evidence → what each policy asked → limits → decision → intent → placement → steps of each rollout →
reservation → instances now. Every id comes from \`get decisions\`, \`get rollouts\`, or an annotation in the cluster.

Examples:
  $ heteroscale explain chat-70b-1f0c9a2b3d4e5f60                       a decision, or a hold
  $ heteroscale explain i-chat-70b-1f0c9a2b3d4e5f60                     an intent
  $ heteroscale explain rollout/chat-70b/i-chat-70b-1f0c9a2b3d4e5f60/g1 a rollout
  $ heteroscale explain i-chat-70b-1f0c9a2b3d4e5f60 -o json             the same as data

${exitCodesHelp}`

type ExplainFlags = { readonly output?: OutputFormat; readonly server?: string }

export const explainCommand = (terminal: Terminal): Command =>
  new Command('explain')
    .description('tell how a decision came about and what followed from it')
    .argument('<id>', 'id of a decision, an intent or a rollout')
    .option('-o, --output <format>', 'json or yaml instead of text', outputFormat)
    .addHelpText('after', help)
    .action((id: string, _flags: ExplainFlags, command: Command) => explain(terminal, id, command.optsWithGlobals<ExplainFlags>()))

const explain = async (terminal: Terminal, id: string, flags: ExplainFlags): Promise<void> => {
  const client = createApiClient(serverAddress(flags.server, terminal))
  const answer = await client.get<ExplainAnswer>(`/decisions/${encodeURIComponent(intentOfRollout(id) ?? id)}`)
  terminal.print(flags.output ? formatted(answer, flags.output) : explanation(answer, terminal))
}

/** `rollout/<service>/<intent>/<group>` names its intent. */
const intentOfRollout = (id: string): string | null => /^rollout\/[^/]+\/([^/]+)\//.exec(id)?.[1] ?? null
