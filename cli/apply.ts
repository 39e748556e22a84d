/** `heteroscale apply -f`: records a service file and waits for the decider's verdict. */
import { Command } from 'commander'
import type { ServiceManifest } from '../core/service/specification.ts'
import type { ApplyAnswer } from '../services/api/answers.ts'
import type { ApiClient } from './api-client.ts'
import { createApiClient } from './api-client.ts'
import { authorHeaders } from './author.ts'
import { CliError, exitCodes, exitCodesHelp } from './exit-codes.ts'
import { durationMs, text, wholeNumber } from './flags.ts'
import type { OutputFormat } from './output.ts'
import { formatted, outputFormat } from './output.ts'
import { serverAddress } from './server-address.ts'
import { loadServiceFile } from './service-file.ts'
import type { Terminal } from './terminal.ts'

type ApplyFlags = {
  readonly file: string
  readonly wait?: number
  readonly expectedGeneration?: number
  readonly confirmDecrease?: number
  readonly output?: OutputFormat
  readonly server?: string
  readonly dryRun?: boolean
  readonly window?: number
}

const DEFAULT_WAIT_SECONDS = 10

const help = `
The file is checked here first, then recorded, and the command waits until the decider accepted or refused it.
The first apply of a running service adopts its present counts.

Examples:
  $ heteroscale apply -f docs/examples/chat-70b.yaml
  $ heteroscale apply -f service.yaml --wait 30                    a slow decider
  $ heteroscale apply -f service.yaml --expected-generation 3      only if nobody changed it since
  $ heteroscale apply -f service.yaml --confirm-decrease 75        a minimum that falls by more than half
  $ heteroscale apply -f service.yaml --dry-run                    what would change, and what it would have asked for
  $ heteroscale apply -f service.yaml --dry-run --window 6h        compared with the last six hours

--dry-run records nothing. It compares the file with the one in force, says whether apply would refuse it, and asks the file's
policy at every evaluation of the window what it would have ordered. The log is found at KAFKA_BROKERS, else at the fleet of
\`heteroscale up\`; without one only the files are compared.

${exitCodesHelp}`

export const applyCommand = (terminal: Terminal): Command =>
  new Command('apply')
    .description('record a service file and wait until the decider accepted or refused it')
    .requiredOption('-f, --file <file>', 'service file, YAML or JSON; - for standard input', text)
    .option('--wait <seconds>', `how long to wait for the decider, 0 to 60 (default: ${DEFAULT_WAIT_SECONDS})`, wholeNumber(0, 60))
    .option('--expected-generation <n>', 'refuse unless the service is at this generation; 0: unless it is new', wholeNumber(0, 999_999_999))
    .option('--confirm-decrease <percent>', 'let a minimum fall by up to this share', wholeNumber(1, 100))
    .option('--dry-run', 'show what would change and what it would have asked for; record nothing')
    .option('--window <duration>', 'with --dry-run: how far to look back, world time (default: 1h)', durationMs(60_000, 14 * 86_400_000))
    .option('-o, --output <format>', 'print the answer as json or yaml', outputFormat)
    .addHelpText('after', help)
    .action((_flags: ApplyFlags, command: Command) => apply(terminal, command.optsWithGlobals<ApplyFlags>()))

const apply = async (terminal: Terminal, flags: ApplyFlags): Promise<void> => {
  const { bytes, manifest } = await loadServiceFile(flags.file, terminal, 'nothing was applied')
  const client = createApiClient(serverAddress(flags.server, terminal))
  if (flags.dryRun) return tryOut({ terminal, client }, manifest, flags)
  const answer = await client.post<ApplyAnswer>(`/services?${queryOf(flags)}`, bytes, authorHeaders())
  if (flags.output) terminal.print(formatted(answer, flags.output))
  if (answer.outcome === 'recorded') {
    throw new CliError(exitCodes.notYetAccepted, `E_NOT_YET_ACCEPTED service/${answer.service}: ${answer.message}; see heteroscale get services`)
  }
  if (!flags.output) terminal.print(`service/${answer.service} ${answer.outcome} (generation ${answer.generation})`)
}

const DEFAULT_WINDOW_MS = 3_600_000

/** What it needs of the log is half a second of loading, which an ordinary apply does without. */
const tryOut = async (ports: { readonly terminal: Terminal; readonly client: ApiClient }, candidate: ServiceManifest, flags: ApplyFlags): Promise<void> => {
  const [{ dryRun }, { describeDryRun }] = await Promise.all([import('./dry-run.ts'), import('./dry-run-text.ts')])
  const { confirmDecrease, expectedGeneration, window: windowMs = DEFAULT_WINDOW_MS } = flags
  const answer = await dryRun(ports, { candidate, windowMs, confirmDecrease, expectedGeneration })
  ports.terminal.print(flags.output ? formatted(answer, flags.output) : describeDryRun(answer, ports.terminal))
  const [refusal] = answer.refusals
  if (refusal !== undefined) throw new CliError(exitCodes.refused, `${refusal}; this was a dry run, nothing was recorded`)
}

const queryOf = (flags: ApplyFlags): string => {
  const query = new URLSearchParams({ waitSeconds: String(flags.wait ?? DEFAULT_WAIT_SECONDS) })
  if (flags.expectedGeneration !== undefined) query.set('expectedGeneration', String(flags.expectedGeneration))
  if (flags.confirmDecrease !== undefined) query.set('confirmDecrease', String(flags.confirmDecrease))
  return query.toString()
}
