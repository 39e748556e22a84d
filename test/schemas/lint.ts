/** Rules that Avro does not have but that a log of measurements needs. Each finding says what to do instead. */

type Json = { readonly [key: string]: unknown }

/** Ratios of the specification, not measurements. */
const configured: ReadonlySet<string> = new Set(['RatioBand.lo', 'RatioBand.hi'])

/** Findings for a schema, each with the path of the field. */
export const lintSchema = (schema: unknown): string[] => lintRecord(schema as Json)

const isRecord = (type: unknown): type is Json => typeof type === 'object' && type !== null && (type as Json).type === 'record'
const isArray = (type: unknown): type is Json => typeof type === 'object' && type !== null && (type as Json).type === 'array'

const lintRecord = (record: Json): string[] => {
  const fields = record.fields as readonly Json[]
  const own = typeof record.doc === 'string' ? [] : [`${String(record.name)}: has no doc`]
  if (fields.length === 0) own.push(`${String(record.name)}: has no fields; an array of it can claim any length`)
  return [...own, ...fields.flatMap((field) => lintField(String(record.name), field))]
}

const lintField = (owner: string, field: Json): string[] => {
  const path = `${owner}.${String(field.name)}`
  const findings = [...lintDefault(path, field), ...lintUnion(path, field), ...lintKind(path, field.type)]
  if (typeof field.doc !== 'string') findings.push(`${path}: has no doc`)
  if (field.type === 'double' && !configured.has(path)) findings.push(`${path}: a measured double must be ["null", "double"] with default null`)
  return [...findings, ...nested(field.type).flatMap(lintRecord)]
}

const lintDefault = (path: string, field: Json): string[] => {
  if (!('default' in field)) return Array.isArray(field.type) && field.type[0] === 'null' ? [`${path}: a nullable field needs the default null`] : []
  const allowed = field.default === null || field.default === '' || (Array.isArray(field.default) && field.default.length === 0)
  return allowed ? [] : [`${path}: default ${JSON.stringify(field.default)}; a missing field must not read as a value; use ["null", T] with default null`]
}

const lintUnion = (path: string, { type }: Json): string[] => {
  if (!Array.isArray(type)) return []
  return type.length === 2 && type[0] === 'null' ? [] : [`${path}: union ${JSON.stringify(type)}; only ["null", T] is unambiguous for every client`]
}

const forbidden: ReadonlySet<unknown> = new Set(['enum', 'map', 'bytes', 'fixed', 'float'])

const lintKind = (path: string, type: unknown): string[] => {
  const branches: readonly unknown[] = Array.isArray(type) ? type : [type]
  return branches.flatMap((branch) => {
    const kind = typeof branch === 'object' && branch !== null ? (branch as Json).type : branch
    const inner = isArray(branch) ? lintItems(path, branch.items) : []
    return forbidden.has(kind) ? [`${path}: ${String(kind)} is not allowed; use string, double, array or record`, ...inner] : inner
  })
}

const lintItems = (path: string, items: unknown): string[] =>
  items === 'null' ? [`${path}: an array of null can claim 50 million items in five bytes`] : lintKind(path, items)

const nested = (type: unknown): Json[] => {
  if (Array.isArray(type)) return type.flatMap(nested)
  if (isArray(type)) return nested(type.items)
  return isRecord(type) ? [type] : []
}
