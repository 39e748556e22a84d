/** Structured logs: one JSON object a line on stdout, through pino. */
import { pino } from 'pino'

/** What services and adapters write to; a child carries its fields on every line. */
export type Logger = {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  child(fields: Record<string, unknown>): Logger
}

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

/** A logger whose lines name the service. Errors under `err` are written with stack and code. */
export const createLogger = (service: string, level: LogLevel): Logger =>
  pino({ level, base: { service }, timestamp: pino.stdTimeFunctions.isoTime })
