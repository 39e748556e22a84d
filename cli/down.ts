/** `heteroscale down`: stops the fleet that `up` runs in another terminal. */
import { setTimeout as delay } from 'node:timers/promises'
import { Command } from 'commander'
import { CliError, exitCodes } from './exit-codes.ts'
import { processTerminal } from './terminal.ts'
import type { Terminal } from './terminal.ts'
import { isStillUp, readUpFile, removeUpState } from './up-state.ts'
import type { UpState } from './up-state.ts'

/** Longer than a service's own stop deadline of 20 s, twice: the emulator stops after the others. */
const deadlineMs = 60_000

const help = `
Only the process that \`up\` recorded is stopped, and only if it is still the same one: after a crash its number may have gone to
another process.

Example:
  $ heteroscale down      from another terminal than the one of \`up\``

export const downCommand = (terminal: Terminal = processTerminal): Command =>
  new Command('down').description('stop the fleet that `heteroscale up` started').addHelpText('after', help).action(() => down(terminal))

const down = async (terminal: Terminal): Promise<void> => {
  const state = readUpFile()
  if (state === null) return terminal.print('Nothing is up.')
  if (!isStillUp(state)) {
    removeUpState()
    return terminal.print(`Nothing is up: process ${state.pid}, which ran the fleet at ${state.api}, ended without \`down\`. Its logs are in ${state.logs}.`)
  }
  terminal.warn(`heteroscale: stopping process ${state.pid}, which runs the fleet at ${state.api}`)
  signal(state)
  const deadline = Date.now() + deadlineMs
  while (isStillUp(state) && Date.now() < deadline) await delay(100)
  if (isStillUp(state))
    throw new CliError(exitCodes.unavailable, `E_STILL_UP process ${state.pid}: did not stop in ${deadlineMs / 1000} s; logs are in ${state.logs}; try again or kill it`)
  removeUpState()
  terminal.print('Stopped.')
}

const signal = ({ pid }: UpState): void => {
  try {
    process.kill(pid, 'SIGTERM')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ESRCH') return
    throw new CliError(exitCodes.failed, `E_NOT_OURS process ${pid}: ${code ?? 'not stopped'}; it belongs to another account, whose \`down\` stops it; nothing was done`)
  }
}
