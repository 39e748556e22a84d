/** `heteroscale scale`: counts by hand, for a time. */
import { Command } from 'commander'
import { CliError, exitCodes, exitCodesHelp } from './exit-codes.ts'
import { orderDurationMs, wholeNumber } from './flags.ts'
import { reasonOption, replaceOption, sendOrder, withWaitAndOutput } from './ordering.ts'
import type { ControlOrder } from '../services/api/control-order.ts'
import type { OrderFlags } from './ordering.ts'
import type { Terminal } from './terminal.ts'

type Flags = OrderFlags & { readonly prefill?: number; readonly decode?: number; readonly release?: boolean }

const help = `
Growing needs no evidence of load. Shrinking keeps all its rules: evidence, rate, cooldown, ratio band. The counts must be
inside the service's bounds and its P/D band; a refusal names the nearest that are. It returns by itself.
Where a scale by hand stands that ends later, this one is refused; --replace orders it all the same.

Examples:
  $ heteroscale scale chat-70b --prefill 3 --decode 6 --for 2h --reason "launch event"
  $ heteroscale scale chat-70b --release --reason "event over"        back before the time

${exitCodesHelp}`

export const scaleCommand = (terminal: Terminal): Command => withWaitAndOutput(new Command('scale')
  .description('order counts by hand, for a time')
  .argument('<service>', 'name of the service')
  .option('--prefill <n>', 'prefill instances', wholeNumber(0, 100_000))
  .option('--decode <n>', 'decode instances', wholeNumber(0, 100_000))
  .option('--for <duration>', 'how long: 30m, 2h, 1d; 1m to 7d', orderDurationMs)
  .addOption(replaceOption())
  .option('--release', 'end it now: the service scales by itself again')
  .addOption(reasonOption().makeOptionMandatory()))
  .addHelpText('after', help)
  .action((service: string, _flags: Flags, command: Command) => scale(terminal, service, command.optsWithGlobals<Flags>()))

const scale = (terminal: Terminal, service: string, flags: Flags): Promise<void> => {
  const order: ControlOrder = { scope: `service/${service}`, control: 'manual-scale', reason: flags.reason, ...askedFor(flags) }
  return sendOrder(order, { flags, terminal })
}

const askedFor = ({ prefill, decode, for: forMs, replace, release }: Flags): Pick<ControlOrder, 'value' | 'prefill' | 'decode' | 'forSeconds' | 'replace'> => {
  const given = [prefill, decode, forMs].filter((value) => value !== undefined).length
  if (release && given === 0 && !replace) return { value: 'released' }
  if (!release && forMs !== undefined && given === 3) return { value: 'on', prefill, decode, forSeconds: forMs / 1000, replace }
  const got = release ? '--release with counts, a time or --replace' : 'a part of the order'
  throw new CliError(exitCodes.usage, `E_USAGE heteroscale scale: got ${got}; --prefill, --decode and --for together, or --release alone; nothing was done`)
}
