/** The errors an operator can meet while local servers are installed and started. */

export type LauncherErrorCode =
  | 'PREREQUISITE_MISSING'
  | 'INSTALL_FAILED'
  | 'PROCESS_EXITED'
  | 'PROCESS_NOT_READY'
  | 'NOT_OURS'
  | 'PORT_TAKEN'
  | 'STACK_IN_USE'

/** An operating error: `code` is for programs, the message says what was got, what is allowed and what happens now. */
export class LauncherError extends Error {
  readonly code: LauncherErrorCode

  constructor(code: LauncherErrorCode, message: string) {
    super(`${code} ${message}`)
    this.name = 'LauncherError'
    this.code = code
  }
}
