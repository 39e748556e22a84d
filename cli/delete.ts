/** `heteroscale delete`: makes a service unmanaged. */
import { Command } from 'commander'
import { createApiClient } from './api-client.ts'
import { authorHeaders } from './author.ts'
import { CliError, exitCodes, exitCodesHelp } from './exit-codes.ts'
import { waitQuery, withWaitAndOutput } from './ordering.ts'
import { formatted } from './output.ts'
import { serverAddress } from './server-address.ts'
import type { DeleteAnswer } from '../services/api/answers.ts'
import type { OrderFlags } from './ordering.ts'
import type { Terminal } from './terminal.ts'

type Flags = Omit<OrderFlags, 'reason' | 'for'> & { readonly yes?: boolean }

const help = `
Its instances stay as they are and go on serving; nobody scales them any more. A rollout that is open goes on to its end.
Applied again, the service is adopted at the counts that it then has.

Examples:
  $ heteroscale delete chat-70b           asks for the name
  $ heteroscale delete chat-70b --yes     asks nothing

${exitCodesHelp}`

export const deleteCommand = (terminal: Terminal): Command => withWaitAndOutput(new Command('delete').description('make a service unmanaged; its instances stay').argument('<service>', 'name of the service').option('--yes', 'do not ask'))
  .addHelpText('after', help)
  .action((service: string, _flags: Flags, command: Command) => remove(terminal, service, command.optsWithGlobals<Flags>()))

const remove = async (terminal: Terminal, service: string, flags: Flags): Promise<void> => {
  const client = createApiClient(serverAddress(flags.server, terminal))
  if (!flags.yes) await ask(terminal, service)
  const answer = await client.delete<DeleteAnswer>(`/services/${encodeURIComponent(service)}?${waitQuery(flags)}`, authorHeaders())
  if (flags.output) terminal.print(formatted(answer, flags.output))
  if (answer.outcome === 'recorded') throw new CliError(exitCodes.notYetAccepted, `E_NOT_YET_ACCEPTED service/${service}: ${answer.message}`)
  if (!flags.output) terminal.print(`service/${service} deleted: ${answer.message}`)
}

const ask = async (terminal: Terminal, service: string): Promise<void> => {
  const answer = (await terminal.ask?.(`Nobody will scale ${service} any more; its instances stay. Type its name to go on: `)) ?? null
  if (answer === null) throw new CliError(exitCodes.usage, 'E_USAGE heteroscale delete: there is no terminal to ask at; repeat with --yes; nothing was done')
  if (answer.trim() === service) return
  throw new CliError(exitCodes.refused, `E_NOT_CONFIRMED service/${service}: got ${JSON.stringify(answer.trim().slice(0, 64))}; its name was expected; nothing was done`)
}
