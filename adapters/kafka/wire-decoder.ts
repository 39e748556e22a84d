/**
 * Compiles a pair of schemas (the writer's and ours) into a decoder that gives plain objects. avsc encodes and is the
 * oracle in tests, but it does not decode here: it takes boolean byte 7 for true, lets NaN pass, builds 50 million items
 * before it notices that the bytes are missing, and returns class instances.
 */
import { leastBytes } from './schema.ts'
import type { FieldNode, RecordNode, SchemaNode } from './schema.ts'
import { readArray, readBoolean, readDouble, readInt, readLong, readString, WireError } from './wire-reader.ts'
import type { Cursor } from './wire-reader.ts'

type Read = (cursor: Cursor) => unknown
type PlainRecord = Record<string, unknown>

/**
 * Decoder of bytes written with `writer` into the shape of `reader`. Fields that the reader dropped are skipped, fields
 * that it added take their default. Throws when the two are incompatible.
 */
export const compileDecoder = (writer: RecordNode, reader: RecordNode): ((cursor: Cursor, into: PlainRecord) => PlainRecord) => {
  const steps = writer.fields.map((field) => compileField(field, reader))
  const added = reader.fields.filter((field) => !writer.fields.some((known) => known.name === field.name))
  const missing = added.find((field) => !field.hasDefault)
  if (missing) throw new Error(`Schema ${reader.name}: field ${missing.name} was added without a default`)
  return (cursor, into) => {
    for (const step of steps) step(cursor, into)
    for (const field of added) into[field.name] = Array.isArray(field.defaultValue) ? [] : field.defaultValue
    return into
  }
}

const compileField = (field: FieldNode, reader: RecordNode): ((cursor: Cursor, into: PlainRecord) => void) => {
  const { name } = field
  const target = reader.fields.find((candidate) => candidate.name === name)
  const read = compileNode(field.node, target?.node ?? field.node)
  if (target === undefined) return (cursor) => void read(cursor)
  return (cursor, into) => {
    into[name] = read(cursor)
  }
}

const compileNode = (writer: SchemaNode, reader: SchemaNode): Read => {
  switch (writer.kind) {
    case 'union':
      return compileUnion(writer.branches, reader)
    case 'array':
      return compileArray(writer.items, matching(writer, reader))
    case 'record': {
      const decode = compileDecoder(writer, matching(writer, reader))
      return (cursor) => decode(cursor, {})
    }
    default:
      matching(writer, reader)
      return primitiveReaders[writer.kind]
  }
}

const primitiveReaders: { readonly [kind in Exclude<SchemaNode['kind'], 'union' | 'array' | 'record'>]: Read } = {
  null: () => null,
  boolean: readBoolean,
  int: readInt,
  long: readLong,
  double: readDouble,
  string: readString,
}

/** JavaScript has one number type, so int → long → double needs no conversion; every other change of type is refused. */
const promotions: { readonly [kind: string]: readonly string[] } = { int: ['long', 'double'], long: ['double'] }

/** The reader's branch that takes a value of the writer's type. */
const matching = <Node extends SchemaNode>(writer: Node, reader: SchemaNode): Node => {
  const candidates = reader.kind === 'union' ? reader.branches : [reader]
  const found = candidates.find((candidate) => candidate.kind === writer.kind)
    ?? candidates.find((candidate) => promotions[writer.kind]?.includes(candidate.kind))
  if (found === undefined) throw new Error(`Schema: ${writer.kind} cannot be read as ${reader.kind}`)
  return found as Node
}

const compileArray = (items: SchemaNode, reader: { readonly items: SchemaNode }): Read => {
  const read = compileNode(items, reader.items)
  const least = leastBytes(items)
  return (cursor) => readArray(cursor, least, read)
}

const compileUnion = (branches: readonly SchemaNode[], reader: SchemaNode): Read => {
  const reads = branches.map((branch) => compileNode(branch, reader))
  return (cursor) => {
    const index = readLong(cursor)
    const read = reads[index]
    if (read === undefined) throw new WireError('E_EVENT_ENUM', `union branch ${index}; allowed are 0 to ${reads.length - 1}`)
    return read(cursor)
  }
}
