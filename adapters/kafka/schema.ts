/** The part of Avro that our schemas use, parsed from `.avsc` JSON with every name resolved. */

export type PrimitiveKind = 'null' | 'boolean' | 'int' | 'long' | 'double' | 'string'
export type FieldNode = { readonly name: string; readonly node: SchemaNode; readonly hasDefault: boolean; readonly defaultValue: unknown }
export type RecordNode = { readonly kind: 'record'; readonly name: string; readonly fields: readonly FieldNode[] }
export type SchemaNode =
  | { readonly kind: PrimitiveKind }
  | { readonly kind: 'array'; readonly items: SchemaNode }
  | { readonly kind: 'union'; readonly branches: readonly SchemaNode[] }
  | RecordNode

type JsonObject = { readonly [key: string]: unknown }
type Names = Map<string, SchemaNode>

const primitives: ReadonlySet<string> = new Set(['null', 'boolean', 'int', 'long', 'double', 'string'])

/**
 * Parses a schema file. Throws when it uses what the decoder does not read: maps (their keys can be `__proto__`), enums
 * (a new symbol silently becomes the default), bytes, fixed, float, recursion, items that take no bytes.
 */
export const parseSchema = (json: unknown): RecordNode => {
  const node = parseNode(json, new Map())
  if (node.kind !== 'record') throw new Error(`Schema: a file must hold one record, got ${node.kind}`)
  return node
}

const parseNode = (json: unknown, names: Names): SchemaNode => {
  if (Array.isArray(json)) return { kind: 'union', branches: json.map((branch) => parseNode(branch, names)) }
  if (typeof json === 'string') return primitives.has(json) ? { kind: json as PrimitiveKind } : resolveName(json, names)
  if (typeof json !== 'object' || json === null) throw new Error(`Schema: ${String(json)} is no type`)
  return parseObject(json as JsonObject, names)
}

const parseObject = (json: JsonObject, names: Names): SchemaNode => {
  if (json.type === 'record') return parseRecord(json, names)
  if (json.type === 'array') return parseArray(json, names)
  if (typeof json.type === 'string' && primitives.has(json.type)) return { kind: json.type as PrimitiveKind }
  throw new Error(`Schema: type ${String(json.type)} is not allowed; use record, array, union, string, boolean, int, long or double`)
}

const parseArray = (json: JsonObject, names: Names): SchemaNode => {
  const items = parseNode(json.items, names)
  if (leastBytes(items) === 0) throw new Error('Schema: an array of null or of an empty record can claim 50 million items in five bytes')
  return { kind: 'array', items }
}

const parseRecord = (json: JsonObject, names: Names): RecordNode => {
  const fields: FieldNode[] = []
  const node: RecordNode = { kind: 'record', name: String(json.name), fields }
  for (const field of json.fields as readonly JsonObject[]) {
    const name = String(field.name)
    fields.push({ name, node: parseNode(field.type, names), hasDefault: 'default' in field, defaultValue: field.default })
  }
  names.set(node.name, node)
  return node
}

const resolveName = (name: string, names: Names): SchemaNode => {
  const known = names.get(name.slice(name.lastIndexOf('.') + 1))
  if (known === undefined) throw new Error(`Schema: ${name} is used before it is defined, or inside itself`)
  return known
}

/** Fewest bytes that a value can take on the wire: the bound that makes an array's claimed length checkable. */
export const leastBytes = (node: SchemaNode): number => {
  switch (node.kind) {
    case 'null':
      return 0
    case 'double':
      return 8
    case 'record':
      return node.fields.reduce((sum, field) => sum + leastBytes(field.node), 0)
    case 'union':
      return 1 + Math.min(...node.branches.map(leastBytes))
    default:
      return 1
  }
}
