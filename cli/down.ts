/** `heteroscale down`: stops the fleet that `up` runs in another terminal. */
import { setTimeout as delay } from 'node:timers/promises'
import { Command } from 'commander'
import { isAlive, readUpState, removeUpState } from './up-state.ts'

/** Longer than a service's own stop deadline of 20 s, twice: the emulator stops after the others. */
const deadlineMs = 60_000

export const downCommand = (): Command =>
  new Command('down')
    .description('stop the fleet that `heteroscale up` started')
    .addHelpText('after', '\nExample:\n  $ heteroscale down      from another terminal than the one of `up`')
    .action(down)

const down = async (): Promise<void> => {
  const state = readUpState()
  if (state === null) {
    process.stdout.write('nothing is up\n')
    return
  }
  process.kill(state.pid, 'SIGTERM')
  const deadline = Date.now() + deadlineMs
  while (isAlive(state.pid) && Date.now() < deadline) await delay(100)
  if (isAlive(state.pid)) {
    process.stderr.write(`E_STILL_UP process ${state.pid}: did not stop in ${deadlineMs / 1000} s; logs are in ${state.logs}; try again or kill it\n`)
    process.exitCode = 6
    return
  }
  removeUpState()
  process.stdout.write('stopped\n')
}
