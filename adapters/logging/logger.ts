/** Structured logs: one JSON object a line on stdout, through pino. */
import { pino } from 'pino'
import type { Logger } from '../../core/ports.ts'

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

/** A logger whose lines name the service. Errors under `err` are written with stack and code. */
export const createLogger = (service: string, level: LogLevel): Logger =>
  pino({ level, base: { service }, timestamp: pino.stdTimeFunctions.isoTime })
