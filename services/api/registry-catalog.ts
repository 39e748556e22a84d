/** The file registry as a Schema Registry client asks for it: by id, by subject and version, by schema. */
import type { RegisteredSchema } from '../../adapters/kafka/registry.ts'
import { canonicalForm } from './registry-form.ts'

export type RegisteredVersion = {
  readonly subject: string
  readonly id: number
  readonly version: number
  /** One line of Avro JSON. */
  readonly schema: string
}

export type RegistryCatalog = {
  /** Sorted. */
  subjects(): readonly string[]
  /** Oldest first; empty for an unknown subject. */
  versions(subject: string): readonly RegisteredVersion[]
  /** One per subject that carries the schema; empty for an unknown id. */
  byId(id: number): readonly RegisteredVersion[]
  /** The version of the subject that writes the same bytes; null when there is none. Throws SchemaFormError. */
  find(subject: string, schema: unknown): RegisteredVersion | null
}

/** Prefix of the subjects in `schemas/registry.json`. */
const filedPrefix = 'heteroscale.'

/** Subjects carry the fleet's topic prefix, as its topics do. */
export const createRegistryCatalog = (registry: readonly RegisteredSchema[], topicPrefix: string): RegistryCatalog => {
  const all = registry.flatMap((entry) =>
    entry.subjects.map((filed) => ({
      form: canonicalForm(entry.json),
      registered: { subject: `${topicPrefix}.${filed.slice(filedPrefix.length)}`, id: entry.id, version: entry.version, schema: JSON.stringify(entry.json) },
    })),
  )
  const versions = all.map(({ registered }) => registered).sort((a, b) => a.version - b.version)
  return {
    subjects: () => [...new Set(versions.map(({ subject }) => subject))].sort(),
    versions: (subject) => versions.filter((one) => one.subject === subject),
    byId: (id) => versions.filter((one) => one.id === id),
    find: (subject, schema) => {
      const form = canonicalForm(schema)
      return all.find((one) => one.registered.subject === subject && one.form === form)?.registered ?? null
    },
  }
}
