/**
 * The parsing canonical form of an Avro schema: what decides which bytes it writes, and nothing else. Clients send a schema
 * in their own spelling (fields in another order, `{"type": "string"}` for `"string"`, without docs, with full names), and it
 * is the same schema. Docs, defaults and aliases are left out: they change what a reader sees, never what is written.
 */

type JsonObject = { readonly [key: string]: unknown }

/** Thrown for what is no Avro schema; the message says what was got. */
export class SchemaFormError extends Error {}

/** Ours nest four deep; a schema made to exhaust the stack nests by the thousand. */
const mostDepth = 32

/** Two schemas write the same bytes exactly when their forms are equal texts. Throws SchemaFormError. */
export const canonicalForm = (schema: unknown): string => JSON.stringify(formOf(schema, { namespace: '', depth: 0 }))

type Place = { readonly namespace: string; readonly depth: number }

const formOf = (schema: unknown, place: Place): unknown => {
  if (place.depth > mostDepth) throw new SchemaFormError(`nested more than ${mostDepth} deep`)
  const below = { ...place, depth: place.depth + 1 }
  if (typeof schema === 'string') return nameOrPrimitive(schema, place)
  if (Array.isArray(schema)) return schema.map((branch) => formOf(branch, below))
  if (!isObject(schema)) throw new SchemaFormError(`${JSON.stringify(schema) ?? 'nothing'} is no type`)
  return objectForm(schema, below)
}

const objectForm = (schema: JsonObject, place: Place): unknown => {
  switch (schema['type']) {
    case 'record':
    case 'error':
      return recordForm(schema, place)
    case 'enum':
      return { name: fullName(schema, place), type: 'enum', symbols: schema['symbols'] }
    case 'fixed':
      return { name: fullName(schema, place), type: 'fixed', size: schema['size'] }
    case 'array':
      return { type: 'array', items: formOf(schema['items'], place) }
    case 'map':
      return { type: 'map', values: formOf(schema['values'], place) }
    default:
      return formOf(schema['type'], place)
  }
}

const recordForm = (schema: JsonObject, place: Place): unknown => {
  const name = fullName(schema, place)
  const inside = { ...place, namespace: namespaceOf(name) }
  const { fields } = schema
  if (!Array.isArray(fields)) throw new SchemaFormError(`record ${name} has no fields`)
  return { name, type: 'record', fields: fields.map((field) => fieldForm(field, inside)) }
}

const fieldForm = (field: unknown, place: Place): unknown => {
  if (!isObject(field) || typeof field['name'] !== 'string') throw new SchemaFormError('a field has no name')
  return { name: field['name'], type: formOf(field['type'], place) }
}

const primitives: ReadonlySet<string> = new Set(['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'])

const nameOrPrimitive = (name: string, { namespace }: Place): string =>
  primitives.has(name) || name.includes('.') || namespace === '' ? name : `${namespace}.${name}`

const fullName = (schema: JsonObject, { namespace }: Place): string => {
  const { name } = schema
  if (typeof name !== 'string' || name === '') throw new SchemaFormError(`a ${String(schema['type'])} has no name`)
  if (name.includes('.')) return name
  const own = typeof schema['namespace'] === 'string' ? schema['namespace'] : namespace
  return own === '' ? name : `${own}.${name}`
}

const namespaceOf = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf('.')))

const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value)
