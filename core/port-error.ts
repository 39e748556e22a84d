/** Operating errors as values with a literal code, recognised by shape so that they survive serialisation. */
import type { PortError, PortErrorCode } from './ports.ts'

const codes: readonly string[] = ['unavailable', 'timeout', 'corrupt', 'not-found', 'invalid'] satisfies PortErrorCode[]

/** Builds an operating error. The message reads `CODE where: what was got; what is allowed; what happens now`. */
export const portError = (code: PortErrorCode, message: string, cause?: unknown): PortError =>
  Object.assign(new Error(message, cause === undefined ? undefined : { cause }), { code })

export const isPortError = (error: unknown, code?: PortErrorCode): error is PortError =>
  error instanceof Error &&
  'code' in error &&
  typeof error.code === 'string' &&
  codes.includes(error.code) &&
  (code === undefined || error.code === code)
