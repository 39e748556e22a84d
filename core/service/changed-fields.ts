/** What differs between two service files, field by field. */
import type { ServiceManifest } from './specification.ts'

/** `from` or `to` is undefined where the field is on one side only. Lists are compared as wholes: their order means something. */
export type ChangedField = { readonly path: string; readonly from: unknown; readonly to: unknown }

/** Sorted by path; empty when both say the same. */
export const changedFields = (before: ServiceManifest, after: ServiceManifest): readonly ChangedField[] => changesAt('', before, after)

type Fields = { readonly [key: string]: unknown }

const changesAt = (path: string, from: unknown, to: unknown): readonly ChangedField[] => {
  if (isFields(from) && isFields(to)) {
    const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort()
    return keys.flatMap((key) => changesAt(path === '' ? key : `${path}.${key}`, from[key], to[key]))
  }
  return isSame(from, to) ? [] : [{ path, from, to }]
}

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Values of a validated file are plain JSON. */
const isSame = (a: unknown, b: unknown): boolean => {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, index) => changesAt('', item, b[index]).length === 0)
  return Object.is(a, b)
}
