/** Verbs that stop and release: freeze, unfreeze, pause, resume, mode. The kill switch has a file of its own. */
import { Argument, Command } from 'commander'
import { CliError, exitCodes, exitCodesHelp } from './exit-codes.ts'
import { orderDurationMs } from './flags.ts'
import { reasonOption, replaceOption, sendOrder, withWaitAndOutput } from './ordering.ts'
import type { ControlOrder } from '../services/api/control-order.ts'
import type { OrderFlags } from './ordering.ts'
import type { Terminal } from './terminal.ts'

type Ordered = Pick<ControlOrder, 'scope' | 'control' | 'value'>

const replacing = `
An order takes the place of the one that stands, which does not come back. One that ends by itself is refused where the
other would stand longer; --replace orders it all the same.`

const release = `
A rollout that a control has halted goes on from the step at which it stands.`

export const controlCommands = (terminal: Terminal): readonly Command[] => [
  freezeCommand(terminal),
  unfreezeCommand(terminal),
  pauseCommand(terminal),
  resumeCommand(terminal),
  modeCommand(terminal),
]

const freezeCommand = (terminal: Terminal): Command => verb('freeze', 'hold every service of the fleet at its counts', {
  about: `
Nothing is ordered and no effect begins; rollouts halt at their next step and keep what they have. What undoes a failed
step, and the registrar that keeps P/D in band, go on. For an emergency there is \`heteroscale kill-switch on\`.
${replacing}`,
  examples: ['freeze --reason "network change"', 'freeze --for 1h --reason "network change"      ends by itself'],
})
  .option('--for <duration>', 'end by itself after 30m, 2h, 1d: 1m to 7d (default: until `unfreeze`)', orderDurationMs)
  .addOption(replaceOption())
  .action((_flags: OrderFlags, command: Command) => send(terminal, { scope: 'fleet', control: 'freeze', value: 'on' }, command))

const unfreezeCommand = (terminal: Terminal): Command => verb('unfreeze', 'end a freeze of the fleet', { about: release, examples: ['unfreeze --reason "network change done"'] })
  .action((_flags: OrderFlags, command: Command) => send(terminal, { scope: 'fleet', control: 'freeze', value: 'released' }, command))

const pauseCommand = (terminal: Terminal): Command => verb('pause', 'hold one service at its counts', {
  about: `\nThe same as \`mode <service> paused\`: nothing is ordered, and rollouts of the service halt at their next step.\n${replacing}`,
  examples: ['pause chat-70b --reason "new model version"', 'pause chat-70b --for 2h --reason "load test"'],
})
  .argument('<service>', 'name of the service')
  .option('--for <duration>', 'end by itself after 30m, 2h, 1d: 1m to 7d (default: until `resume`)', orderDurationMs)
  .addOption(replaceOption())
  .action((service: string, _flags: OrderFlags, command: Command) => send(terminal, modeOf(service, 'paused'), command))

const resumeCommand = (terminal: Terminal): Command => verb('resume', 'let one service scale by itself again', { about: release, examples: ['resume chat-70b --reason "done"'] })
  .argument('<service>', 'name of the service')
  .action((service: string, _flags: OrderFlags, command: Command) => send(terminal, modeOf(service, 'auto'), command))

const modeCommand = (terminal: Terminal): Command => verb('mode', 'let one service scale, recommend only, or pause', {
  about: `
auto        orders are carried out
recommend   decisions are made and recorded with what they would order; nothing is carried out
paused      nothing is decided and no effect begins
${replacing}`,
  examples: ['mode chat-70b recommend --reason "first week"', 'get decisions --service chat-70b       what it would have ordered', 'mode chat-70b auto --reason "looks right"'],
})
  .argument('<service>', 'name of the service')
  .addArgument(new Argument('<mode>', 'auto, recommend or paused').choices(['auto', 'recommend', 'paused']))
  .option('--for <duration>', 'back to auto after 30m, 2h, 1d: 1m to 7d; not with auto', orderDurationMs)
  .addOption(replaceOption())
  .action((...[service, mode, flags, command]: readonly [string, 'auto' | 'recommend' | 'paused', OrderFlags, Command]) => {
    if (mode === 'auto') refuseForAuto(flags)
    return send(terminal, modeOf(service, mode), command)
  })

const refuseForAuto = ({ for: forMs, replace }: OrderFlags): void => {
  if (forMs !== undefined)
    throw new CliError(exitCodes.usage, 'E_USAGE heteroscale mode: got --for with auto; --for is allowed with recommend and paused, which return to auto by themselves; nothing was done')
  if (replace)
    throw new CliError(exitCodes.usage, 'E_USAGE heteroscale mode: got --replace with auto; --replace is allowed with recommend and paused, auto is never refused; nothing was done')
}

const modeOf = (service: string, value: 'auto' | 'recommend' | 'paused'): Ordered => ({ scope: `service/${service}`, control: 'mode', value })

type Help = { readonly about: string; readonly examples: readonly string[] }

const verb = (name: string, description: string, { about, examples }: Help): Command => {
  const command = new Command(name).description(description).addOption(reasonOption().makeOptionMandatory())
  const lines = examples.map((example) => `  $ heteroscale ${example}`)
  return withWaitAndOutput(command).addHelpText('after', [about, '', 'Examples:', ...lines, '', exitCodesHelp].join('\n'))
}

const send = (terminal: Terminal, order: Ordered, command: Command): Promise<void> => {
  const flags = command.optsWithGlobals<OrderFlags>()
  const { reason, for: forMs, replace } = flags
  return sendOrder({ ...order, reason, replace, ...(forMs === undefined ? {} : { forSeconds: forMs / 1000 }) }, { flags, terminal })
}
