/** `heteroscale kill-switch`: stops every forward effect of the fleet. It asks for nothing but the word itself. */
import { Argument, Command } from 'commander'
import { anyReason, faultOfReason } from '../core/controls/reason.ts'
import { CliError, exitCodes, exitCodesHelp } from './exit-codes.ts'
import { text } from './flags.ts'
import { orderDeadlineMs, sendOrder, withWaitAndOutput } from './ordering.ts'
import { showDuration } from './quantities.ts'
import type { ControlOrder } from '../services/api/control-order.ts'
import type { OrderFlags } from './ordering.ts'
import type { Terminal } from './terminal.ts'

type What = 'on' | 'release'

type Flags = Omit<OrderFlags, 'reason' | 'for'> & {
  /** True for `--reason` without words. */
  readonly reason?: readonly string[] | true
  readonly direct?: boolean
  readonly brokers?: string
}

const help = `
No decision is made and no effect begins any more, anywhere; rollouts halt at their next step and keep what they have. What
undoes a failed step, and the registrar that keeps P/D in band, go on. \`on\` needs no reason; \`release\` does.

When the API does not answer, \`on\` writes its record to Kafka itself, if it knows where Kafka is: --brokers, else
KAFKA_BROKERS with KAFKA_SSL and KAFKA_SASL_ settings, else the fleet of \`heteroscale up\`. --direct does so at once.

Examples:
  $ heteroscale kill-switch on
  $ heteroscale kill-switch on --reason scale-in during the outage
  $ heteroscale kill-switch on --direct --brokers kafka-1:9092,kafka-2:9092    the API is down
  $ heteroscale kill-switch release --reason "cause found"

${exitCodesHelp}`

export const killSwitchCommand = (terminal: Terminal): Command => withWaitAndOutput(new Command('kill-switch')
  .description('stop every effect of the whole fleet, at once')
  .addArgument(new Argument('<what>', 'on, or release').choices(['on', 'release']))
  .option('--reason [words...]', 'why; with or without quotes')
  .option('--direct', 'write the record to Kafka without asking the API')
  .option('--brokers <list>', 'addresses of Kafka, separated by commas', text))
  .addHelpText('after', help)
  .action((what: What, _flags: Flags, command: Command) => killSwitch(terminal, what, command.optsWithGlobals<Flags>()))

const killSwitch = async (terminal: Terminal, what: What, flags: Flags): Promise<void> => {
  const words = typeof flags.reason === 'object' ? flags.reason.join(' ') : ''
  const order: ControlOrder = { scope: 'fleet', control: 'kill-switch', value: what === 'on' ? 'on' : 'released', reason: anyReason(words) }
  const fault = what === 'release' ? faultOfReason(words) : null
  if (fault !== null) throw new CliError(exitCodes.usage, `E_USAGE heteroscale kill-switch release: got --reason ${JSON.stringify(words)}; ${fault}; nothing was done`)
  if (flags.direct) return writeDirectly(terminal, order, flags)
  if (what === 'on') terminal.warn(`asking the API; without an answer within ${showDuration(orderDeadlineMs(flags))} the record is written to Kafka without it`)
  try {
    await sendOrder(order, { flags, terminal })
  } catch (error) {
    if (what !== 'on' || !isUnavailable(error)) throw error
    terminal.warn(`${error.message}\nThe record is written to Kafka without the API.`)
    await writeDirectly(terminal, order, flags)
  }
}

const isUnavailable = (error: unknown): error is CliError => error instanceof CliError && error.exitCode === exitCodes.unavailable

/** Kafka's client is half a second of loading, which the other verbs of operators do without. */
const writeDirectly = async (terminal: Terminal, order: ControlOrder, { brokers }: Flags): Promise<void> => {
  const { writeControl } = await import('./direct-control.ts')
  await writeControl(terminal, order, brokers?.split(',').map((broker) => broker.trim()).filter((broker) => broker !== ''))
}
