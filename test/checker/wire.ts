/** Confluent framing and Avro, read with avsc and the files of `schemas/`; nothing of the product's decoder is used. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import avro from 'avsc'
import type { RecordOf, TypeName } from './records.ts'

type Registry = { readonly schemas: readonly { readonly id: number; readonly record: string; readonly file: string }[] }
type WireType = { readonly name: TypeName; readonly type: avro.Type }

const folder = join(import.meta.dirname, '../../schemas')

const byId: ReadonlyMap<number, WireType> = new Map(
  (JSON.parse(readFileSync(join(folder, 'registry.json'), 'utf8')) as Registry).schemas.map(({ id, record, file }) => [
    id,
    { name: record.slice(record.lastIndexOf('.') + 1) as TypeName, type: avro.Type.forSchema(JSON.parse(readFileSync(join(folder, file), 'utf8')) as avro.Schema) },
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
    const { value: record, offset } = wire.type.decode(buffer, 5) as { value: RecordOf[T]; offset: number }
    return offset === buffer.length ? record : null
  } catch {
    return null
  }
}

/** Bytes of a record, for stories: what a writer of that type would put on the topic. */
export const encode = (name: TypeName, record: object): Uint8Array => {
  for (const [id, wire] of byId) {
    if (wire.name !== name) continue
    const head = Buffer.alloc(5)
    head.writeUInt32BE(id, 1)
    return Buffer.concat([head, wire.type.toBuffer(record)])
  }
  throw new Error(`no schema of ${name}`)
}
