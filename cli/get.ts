/** `heteroscale get`: what there is, as tables, JSON or YAML; once or again and again. */
import { Argument, Command, InvalidArgumentError } from 'commander'
import { nearestWord } from '../core/service/nearest-word.ts'
import type { ListAnswer, ServiceListAnswer } from '../services/api/answers.ts'
import type { ApiClient } from './api-client.ts'
import { createApiClient } from './api-client.ts'
import { bannerLines } from './banner.ts'
import { CliError, exitCodes, exitCodesHelp } from './exit-codes.ts'
import { text, wholeNumber } from './flags.ts'
import { controlTable, producerTable } from './log-tables.ts'
import { decisionTable, groupTable, rolloutTable, serviceTable } from './get-tables.ts'
import type { OutputFormat } from './output.ts'
import { formatted, outputFormat } from './output.ts'
import { serverAddress } from './server-address.ts'
import type { Terminal } from './terminal.ts'
import { unmanagedLines } from './unmanaged.ts'

const kinds = ['services', 'groups', 'decisions', 'rollouts', 'controls', 'producers'] as const
type Kind = (typeof kinds)[number]

/** `service` is understood as `services`. */
const kindOf = (value: string): Kind => {
  const kind = kinds.find((candidate) => candidate === value || candidate === `${value}s`)
  if (kind !== undefined) return kind
  const near = nearestWord(value, kinds)
  throw new InvalidArgumentError(`expected ${kinds.join(', ')}${near === null ? '' : ` (did you mean ${near}?)`}.`)
}

type GetFlags = {
  readonly service?: string
  readonly limit?: number
  readonly output?: OutputFormat
  readonly watch?: boolean
  readonly server?: string
}

const WATCH_PERIOD_MS = 1000

const help = `
Counts read as 6P+12D: six prefill and twelve decode instances. Ages are in world time. A line that begins with ! names a
control in force, or services for which nobody decides; it stands above every list. Below the services stand deleted ones
and the counts that they left behind.

Examples:
  $ heteroscale get services
  $ heteroscale get groups --service chat-70b
  $ heteroscale get decisions --limit 5           the newest five
  $ heteroscale get rollouts --watch              again whenever something changed; Ctrl-C ends it
  $ heteroscale get controls                      who ordered what, why, and until when
  $ heteroscale get producers                     what the gate took from foreign producers, and refused
  $ heteroscale get decisions -o json | jq '.items[0].id'

${exitCodesHelp}`

export const getCommand = (terminal: Terminal): Command =>
  new Command('get')
    .description('show services, groups, decisions, rollouts, controls or producers')
    .addArgument(new Argument('<kind>', kinds.join(', ')).choices(kinds).argParser(kindOf))
    .option('--service <name>', 'only what belongs to this service', text)
    .option('--limit <n>', 'at most this many decisions or rollouts, newest first (default: 20)', wholeNumber(1, 1000))
    .option('-o, --output <format>', 'json or yaml instead of a table', outputFormat)
    .option('-w, --watch', 'show again whenever something changed, until Ctrl-C')
    .addHelpText('after', help)
    .action((kind: Kind, _flags: GetFlags, command: Command) => get(terminal, kind, command.optsWithGlobals<GetFlags>()))

const get = async (terminal: Terminal, kind: Kind, flags: GetFlags): Promise<void> => {
  if (kind === 'producers' && flags.service !== undefined)
    throw new CliError(exitCodes.usage, 'E_USAGE heteroscale get producers: got --service; producers are listed for all services; nothing was done')
  const client = createApiClient(serverAddress(flags.server, terminal))
  const show = async (): Promise<Shown> => render(await fetchList(client, kind, flags), { terminal, kind, flags })
  const first = await show()
  terminal.print(first.text)
  if (flags.watch) await watch(terminal, first, show)
}

/** `key` leaves out what changes with time alone, such as ages. */
type Shown = { readonly text: string; readonly key: string }

/** A failed look is reported and tried again: the API may be restarting. */
const watch = async (terminal: Terminal, first: Shown, show: () => Promise<Shown>): Promise<void> => {
  let last = first
  while ((await terminal.pause(WATCH_PERIOD_MS)) === 'go') {
    const next = await show().catch((error: unknown) => failedLook(terminal, error, last))
    if (next.key === last.key) continue
    last = next
    terminal.print(`\n${next.text}`)
  }
}

const failedLook = (terminal: Terminal, error: unknown, last: Shown): Shown => {
  if (!(error instanceof CliError) || error.exitCode !== exitCodes.unavailable) throw error
  terminal.warn(`${error.message}; trying again`)
  return last
}

/** Only the list of services says what is unmanaged. */
type List = ListAnswer<unknown> & Partial<Pick<ServiceListAnswer, 'unmanaged'>>

const fetchList = async (client: ApiClient, kind: Kind, flags: GetFlags): Promise<List> => {
  const query = new URLSearchParams()
  const isFiltered = kind === 'groups' || kind === 'decisions' || kind === 'rollouts'
  if (flags.service !== undefined && isFiltered) query.set('service', flags.service)
  if (kind === 'decisions' || kind === 'rollouts') query.set('limit', String(flags.limit ?? 20))
  const list = await client.get<OwnedList>(`/${kind}?${query}`)
  const { service } = flags
  return service === undefined || isFiltered ? list : onlyOf(list, service)
}

const onlyOf = (list: OwnedList, service: string): List => {
  const isIts = (item: Owned): boolean => isOf(item, service)
  return { ...list, items: list.items.filter(isIts), ...(list.unmanaged === undefined ? {} : { unmanaged: list.unmanaged.filter(isIts) }) }
}

type OwnedList = List & { readonly items: readonly Owned[] }
type Owned = { readonly name?: string; readonly scope?: string }

/** The fleet's controls are each service's too. */
const isOf = ({ name, scope }: Owned, service: string): boolean =>
  name === service || scope === 'fleet' || scope === `service/${service}`

const tables = {
  services: serviceTable,
  groups: groupTable,
  decisions: decisionTable,
  rollouts: rolloutTable,
  controls: controlTable,
  producers: producerTable,
} as const

/** Says what was looked for: a name that is misspelt looks like a service to which nothing has happened. */
const nothingOf = (kind: Kind, service: string | undefined): string => {
  if (kind === 'controls') return service === undefined ? 'No control is in force.' : `No control is in force for ${service}.`
  return service === undefined ? `No ${kind} found.` : `No ${kind} of ${service} found; \`heteroscale get services\` lists the services.`
}

const render = (
  list: List,
  how: { readonly terminal: Terminal; readonly kind: Kind; readonly flags: GetFlags },
): Shown => {
  const { now, controls, notDeciding, items, unmanaged = [] } = list
  const key = JSON.stringify([controls, notDeciding, items, unmanaged])
  if (how.flags.output) return { key, text: formatted(list, how.flags.output) }
  // The controls are the list itself then.
  const banner = bannerLines(how.kind === 'controls' ? { ...list, controls: [] } : list, how.terminal)
  const below = unmanagedLines({ now, unmanaged }, how.terminal)
  const draw = tables[how.kind] as (list: ListAnswer<unknown>, terminal: Terminal) => string
  const table = items.length === 0 ? [] : [draw(list, how.terminal)]
  const nothing = table.length + below.length === 0 ? [nothingOf(how.kind, how.flags.service)] : []
  return { key, text: [...banner, ...table, ...nothing, ...below].join('\n') }
}
