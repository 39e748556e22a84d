/** What `-o` offers: JSON and YAML of exactly what the API answered. */
import { stringify } from 'yaml'
import { oneOf } from './flags.ts'

export type OutputFormat = 'json' | 'yaml'
export const outputFormat = oneOf<OutputFormat>('json', 'yaml')

export const formatted = (value: unknown, format: OutputFormat): string =>
  format === 'json' ? JSON.stringify(value, null, 2) : stringify(value, { lineWidth: 0, aliasDuplicateObjects: false }).trimEnd()
