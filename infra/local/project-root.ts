/** Finds the root of this checkout or package, from the sources as well as from `dist/`. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const rootMarker = 'schemas/registry.json'

/** The folder that holds `schemas/registry.json`, looked for upwards from this file. */
export const projectRoot: string = findUpwards(dirname(fileURLToPath(import.meta.url)))

/** Where everything that is installed or run locally lives; git ignores it. */
export const stateDir: string = join(projectRoot, '.heteroscale')

function findUpwards(dir: string): string {
  if (existsSync(join(dir, rootMarker))) return dir
  const parent = dirname(dir)
  if (parent === dir) throw new Error(`No ${rootMarker} above ${fileURLToPath(import.meta.url)}`)
  return findUpwards(parent)
}
