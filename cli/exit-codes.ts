/** Exit codes of every verb: a script can tell what kind of "no" it got. */
export const exitCodes = {
  ok: 0,
  /** The thing asked for does not exist, or an error without a code of its own. */
  failed: 1,
  usage: 2,
  badConfiguration: 3,
  /** A safety rule, or the decider, refused. */
  refused: 4,
  /** Recorded in the log, but nobody accepted it in time. */
  notYetAccepted: 5,
  /** API, Kafka or Temporal could not be reached. */
  unavailable: 6,
} as const
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

export const exitCodesHelp =
  'Exit codes: 0 done, 1 not found, 2 usage, 3 bad service file or setting, 4 refused by a safety rule, 5 recorded but not yet accepted, 6 unreachable.'

/** An operating error of a verb. The message reads `CODE where: what was got; what is allowed; what happens now`. */
export class CliError extends Error {
  readonly exitCode: ExitCode

  constructor(exitCode: ExitCode, message: string) {
    super(message)
    this.exitCode = exitCode
  }
}
