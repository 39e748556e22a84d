/** Confluent framing and Avro, read with avsc and the files of `schemas/`; nothing of the product's decoder is used. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import avro from 'avsc'
import type { RecordOf, TypeName } from './records.ts'

type Registry = { readonly schemas: readonly { readonly id: number; readonly record: string; readonly file: string }[] }
type WireType = { readonly name: TypeName; readonly type: avro.Type; readonly short: Short | null }
/** Reads a part of a record: what no formula asks for is skipped in the bytes. */
type Short = { readonly reader: avro.Type; readonly resolver: object }
type RecordSchema = { readonly type: 'record'; readonly name: string; readonly fields: readonly Field[] }
type Field = { readonly name: string; readonly type: unknown }

const folder = join(import.meta.dirname, '../../schemas')

/** Large records of which little is asked: manifests, states and topology would cost more than everything else together. */
const kept: { readonly [name in TypeName]?: readonly string[] } = {
  ServiceAccepted: ['service', 'generation', 'accepted', 'time'],
  SnapshotTaken: ['service', 'coreHash', 'partition', 'lastInputOffset', 'time'],
  InventoryObserved: ['cell', 'subCluster', 's2', 'observedAt', 'nodes', 'node', 'gpus', 'gpusFree', 'schedulable'],
}

const shorten = (schema: RecordSchema, names: readonly string[]): RecordSchema => ({
  ...schema,
  fields: schema.fields.filter(({ name }) => names.includes(name)).map((field) => {
    const { items } = field.type as { readonly items?: RecordSchema }
    return items?.fields === undefined ? field : { ...field, type: { type: 'array', items: shorten(items, names) } }
  }),
})

const readType = (name: TypeName, schema: RecordSchema): WireType => {
  const type = avro.Type.forSchema(schema as unknown as avro.Schema)
  const names = kept[name]
  if (names === undefined) return { name, type, short: null }
  const reader = avro.Type.forSchema(shorten(schema, names) as unknown as avro.Schema)
  return { name, type, short: { reader, resolver: reader.createResolver(type) } }
}

const byId: ReadonlyMap<number, WireType> = new Map(
  (JSON.parse(readFileSync(join(folder, 'registry.json'), 'utf8')) as Registry).schemas.map(({ id, record, file }) => [
    id,
    readType(record.slice(record.lastIndexOf('.') + 1) as TypeName, JSON.parse(readFileSync(join(folder, file), 'utf8')) as RecordSchema),
  ]),
)

/** Name of the record's type, from its five bytes of framing; null when no schema has that id. Cheap: the body is not read. */
export const typeOf = (value: Uint8Array): TypeName | null => (value.length < 5 || value[0] !== 0 ? null : (byId.get(idOf(value))?.name ?? null))

const idOf = (value: Uint8Array): number => (((value[1] ?? 0) * 256 + (value[2] ?? 0)) * 256 + (value[3] ?? 0)) * 256 + (value[4] ?? 0)

/** The record's body; null when the bytes are not exactly one record of the type that they name. */
export const decode = <T extends TypeName>(value: Uint8Array): RecordOf[T] | null => {
  const wire = byId.get(idOf(value))
  if (wire === undefined) return null
  const buffer = Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  try {
    const { short } = wire
    const { value: record, offset } = (short === null ? wire.type.decode(buffer, 5) : short.reader.decode(buffer, 5, short.resolver as never)) as { value: RecordOf[T]; offset: number }
    return offset === buffer.length ? record : null
  } catch {
    return null
  }
}

/** Bytes of a record, for stories: what a writer of that type would put on the topic, by the newest version of its schema. */
export const encode = (name: TypeName, record: object): Uint8Array => {
  for (const [id, wire] of [...byId].reverse()) {
    if (wire.name !== name) continue
    const head = Buffer.alloc(5)
    head.writeUInt32BE(id, 1)
    return Buffer.concat([head, wire.type.toBuffer(record)])
  }
  throw new Error(`no schema of ${name}`)
}
