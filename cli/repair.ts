/** `heteroscale repair`: tells a stuck rollout that its cause is gone, so that its undo is tried again. */
import { Command } from 'commander'
import { connectClient } from '../adapters/temporal/connection.ts'
import { readProgress, sendRepair } from '../adapters/temporal/repair.ts'
import { temporalServer } from '../services/temporal-server.ts'
import { CliError, exitCodes, exitCodesHelp } from './exit-codes.ts'
import { fleetConfig } from './fleet-config.ts'
import { processTerminal, type Terminal } from './terminal.ts'

const help = `
A rollout is stuck when taking back one of its steps failed again and again. Its group stays frozen and its capacity held,
until somebody removed the cause and says so here. Temporal is asked directly: TEMPORAL_ADDRESS, else the fleet of \`up\`.

Examples:
  $ heteroscale stuck                                                      what is stuck, and the line to type
  $ heteroscale repair rollout/chat-70b/i-chat-70b-1f0c9a2b3d4e5f60/g1    try its undo again

${exitCodesHelp}`

export const repairCommand = (terminal: Terminal = processTerminal): Command =>
  new Command('repair')
    .description('let a stuck rollout try its undo again, once its cause is gone')
    .argument('<rollout>', 'id of the rollout, as `heteroscale stuck` shows it')
    .addHelpText('after', help)
    .action((rollout: string) => repair(terminal, rollout))

const repair = async (terminal: Terminal, rollout: string): Promise<void> => {
  const { client, close } = await connectClient(temporalServer(fleetConfig(terminal).config))
  try {
    const progress = await readProgress(client, rollout)
    if (progress === null) throw new CliError(exitCodes.failed, `E_NOT_FOUND repair: got ${rollout}; a rollout of \`heteroscale get rollouts\` is allowed; nothing was done`)
    if (progress.stuck === null) throw new CliError(exitCodes.refused, `E_NOT_STUCK ${rollout}: it is at ${progress.step || 'its end'}; only a stuck rollout can be repaired; nothing was done`)
    await sendRepair(client, rollout)
    terminal.print(`${rollout}: the undo of ${progress.stuck.step} is tried again (it failed with: ${progress.stuck.why})`)
  } finally {
    await close()
  }
}
