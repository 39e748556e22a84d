/**
 * The identity of the deciding code when it runs from source: a hash over all files of core/. A compiled program runs a
 * bundle and is known by that bundle's hash (core-bundle.ts). The two differ on purpose: they are different programs.
 */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** 16 hexadecimal digits: two of 10,000 versions collide with probability 3e-12. */
const HASH_DIGITS = 16

const runningCore = fileURLToPath(new URL('../core/', import.meta.url))

/** Hash of the core/ beside this file, or of `directory`. Throws what node:fs throws when it cannot be read. */
export const coreHash = async (directory = runningCore): Promise<string> => {
  const hash = createHash('sha256')
  for (const path of await codeFiles(directory)) {
    const content = await readFile(`${directory}${sep}${path}`)
    hash.update(`${path.split(sep).join('/')}\0${content.byteLength}\0`).update(content)
  }
  return hash.digest('hex').slice(0, HASH_DIGITS)
}

/** Relative paths of what is executed, sorted. Source maps and declarations do not run. */
const codeFiles = async (directory: string): Promise<readonly string[]> => {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && /(?<!\.d)\.(ts|js)$/.test(entry.name))
    .map((entry) => relative(directory, `${entry.parentPath}${sep}${entry.name}`))
    .sort()
}
