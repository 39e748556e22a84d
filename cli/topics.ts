/** `heteroscale topics`: what the log consists of. */
import { Command } from 'commander'
import { createApiClient } from './api-client.ts'
import { bannerLines } from './banner.ts'
import { exitCodesHelp } from './exit-codes.ts'
import { topicTable } from './log-tables.ts'
import { formatted, outputFormat } from './output.ts'
import { serverAddress } from './server-address.ts'
import type { ListAnswer, TopicAnswer } from '../services/api/answers.ts'
import type { OutputFormat } from './output.ts'
import type { Terminal } from './terminal.ts'

type Flags = { readonly output?: OutputFormat; readonly server?: string }

const help = `
RECORDS is the distance from the first offset that is kept to the end; a compacted topic holds fewer. Any Avro consumer can
read them; the schemas are in \`schemas/\`.

Examples:
  $ heteroscale topics
  $ heteroscale topics -o json | jq -r '.items[] | .name, .carries[]'

${exitCodesHelp}`

export const topicsCommand = (terminal: Terminal): Command => new Command('topics')
  .description('show the topics of the log: size, retention, records, writers')
  .option('-o, --output <format>', 'json or yaml instead of a table', outputFormat)
  .addHelpText('after', help)
  .action((_flags: Flags, command: Command) => topics(terminal, command.optsWithGlobals<Flags>()))

const topics = async (terminal: Terminal, flags: Flags): Promise<void> => {
  const list = await createApiClient(serverAddress(flags.server, terminal)).get<ListAnswer<TopicAnswer>>('/topics')
  if (flags.output) return terminal.print(formatted(list, flags.output))
  terminal.print([...bannerLines(list, terminal), topicTable(list, terminal)].join('\n'))
}
