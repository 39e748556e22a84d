/** Which API a verb talks to: --server, else HETEROSCALE_API, else what `heteroscale up` left behind. */
import { CliError, exitCodes } from './exit-codes.ts'
import type { Terminal } from './terminal.ts'
import { readUpState } from './up-state.ts'

/** Throws `CliError` when no server is known or the address is none. */
export const serverAddress = (flag: string | undefined, terminal: Terminal): string => {
  const configured = flag ?? nonBlank(terminal.env['HETEROSCALE_API'])
  if (configured !== undefined) return checked(configured)
  const up = readUpState()
  if (up !== null) return up.api.replace(/\/+$/, '')
  throw new CliError(
    exitCodes.unavailable,
    'E_NO_SERVER heteroscale: no API is known; start one with `heteroscale up`, or name it with --server or HETEROSCALE_API; nothing was done',
  )
}

const nonBlank = (value: string | undefined): string | undefined => (value === undefined || value.trim() === '' ? undefined : value)

const checked = (address: string): string => {
  const url = URL.canParse(address) ? new URL(address) : null
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return address.replace(/\/+$/, '')
  throw new CliError(exitCodes.usage, `E_USAGE --server: got ${JSON.stringify(address)}; an address such as http://127.0.0.1:8080; nothing was done`)
}
