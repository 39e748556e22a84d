/** Loads `schemas/`: the file registry that gives every released schema one id for ever. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export type RegistryEntry = {
  /** Stands in the wire format; never reused. */
  readonly id: number
  /** Full name of the record, for example `io.heteroscale.TpsObserved`. */
  readonly record: string
  readonly version: number
  readonly file: string
  readonly sha256: string
  /** TopicRecordNameStrategy: `<topic>-<record>`. */
  readonly subjects: readonly string[]
}

export type RegisteredSchema = RegistryEntry & { readonly text: string; readonly json: unknown }

/** Folder of the schemas: looked for upwards, since this file runs from `adapters/kafka/` and from `dist/adapters/kafka/`. */
export const schemaFolder = (): string => {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const candidate = join(folder, 'schemas')
    if (existsSync(join(candidate, 'registry.json'))) return candidate
    if (folder === dirname(folder)) throw new Error('SCHEMAS_MISSING: no schemas/registry.json above the Kafka adapter; reinstall')
  }
}

/** Every registered schema, in the order of ids. */
export const loadRegistry = (folder: string = schemaFolder()): readonly RegisteredSchema[] => {
  const { schemas } = JSON.parse(readFileSync(join(folder, 'registry.json'), 'utf8')) as { readonly schemas: readonly RegistryEntry[] }
  return schemas.map((entry) => {
    const text = readFileSync(join(folder, entry.file), 'utf8')
    return { ...entry, text, json: JSON.parse(text) }
  })
}
