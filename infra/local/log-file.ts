/** Reads the end of a log file, for error messages. */
import { existsSync, readFileSync } from 'node:fs'

/** The last `count` lines of a file; an empty string when there is no file. */
export function lastLines(file: string, count: number): string {
  if (!existsSync(file)) return ''
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-count).join('\n')
}
