/** Ctrl-C while servers are still starting: nothing has to be saved yet, so nobody has to wait. */

/** What shells report for a command that SIGINT ended. */
const exitInterrupted = 130

/**
 * Runs `start`; SIGINT and SIGTERM end this process at once while it does. What it had started dies with this process,
 * which infra/local/guard.sh sees to. Afterwards signals are the caller's affair again.
 */
export const interruptible = async <Started>(start: () => Promise<Started>, say: (line: string) => void): Promise<Started> => {
  const stop = (): void => {
    say('stopped')
    process.exit(exitInterrupted)
  }
  const signals = ['SIGINT', 'SIGTERM'] as const
  for (const signal of signals) process.once(signal, stop)
  try {
    return await start()
  } finally {
    for (const signal of signals) process.off(signal, stop)
  }
}
