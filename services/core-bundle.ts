/**
 * The deciding code that a process runs. Compiled, it is the bundle that the build made and named after its content: the
 * same bytes decide, are hashed, and are kept for audits. From source there is no bundle; the core beside this file
 * decides, under a hash over its files, and such a log is replayed from those sources.
 */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import * as engineFromSource from '../core/audit/engine.ts'
import type { Engine } from '../core/audit/engine.ts'
import { coreHash } from './core-hash.ts'

export type Core = { readonly coreHash: string; readonly engine: Engine }

/** An operating error of the build or of a folder of bundles; the process must not decide. */
export class CoreError extends Error {
  readonly code: 'CORE_MISSING' | 'CORE_CHANGED'

  constructor(code: CoreError['code'], message: string) {
    super(`${code} ${message}`)
    this.code = code
  }
}

/** Where the build puts bundles: those of earlier builds stay beside the present one. */
const builtCores = fileURLToPath(new URL('../cores', import.meta.url))
const isCompiled = import.meta.url.endsWith('.js')

/** The core of this very program. Throws CoreError when the program is compiled and its bundle is not as the build left it. */
export const runningCore = async (folder = isCompiled ? builtCores : null): Promise<Core> => {
  if (folder === null) return { coreHash: await coreHash(), engine: engineFromSource }
  const current = await currentHash(folder)
  const core = await findCore(current, [folder])
  if (core !== null) return core
  throw new CoreError('CORE_MISSING', `${folder}: got no ${current}.mjs; allowed: the bundle that the build made; nothing is decided: run npm run build`)
}

const currentHash = async (folder: string): Promise<string> => {
  const file = join(folder, 'current.json')
  const content = await readIfThere(file)
  if (content === null) throw new CoreError('CORE_MISSING', `${file}: got no file; allowed: the one that the build writes; nothing is decided: run npm run build`)
  return (JSON.parse(content.toString()) as { readonly coreHash: string }).coreHash
}

/**
 * The core with this hash, from the first folder that holds it as `<hash>.mjs`; null when none does. Throws CoreError
 * CORE_CHANGED when a file's content is not what its name says.
 */
export const findCore = async (hash: string, folders: readonly string[]): Promise<Core | null> => {
  if (!/^[0-9a-f]{16}$/.test(hash)) return null // it comes from a log, and becomes a part of a path
  for (const folder of folders) {
    const path = join(folder, `${hash}.mjs`)
    const content = await readIfThere(path)
    if (content === null) continue
    const got = createHash('sha256').update(content).digest('hex').slice(0, hash.length)
    if (got !== hash) throw new CoreError('CORE_CHANGED', `${path}: got content with hash ${got}; allowed: the content that its name says; nothing was run`)
    return { coreHash: hash, engine: (await import(/* @vite-ignore */ pathToFileURL(path).href)) as Engine }
  }
  return null
}

/** Folders of bundles that come with this program: those of its builds, and those that releases keep in `cores/`. */
export const coreFolders = (): readonly string[] =>
  isCompiled ? [builtCores, fileURLToPath(new URL('../../cores', import.meta.url))] : [builtCores]

const readIfThere = async (path: string): Promise<Buffer | null> => {
  try {
    return await readFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
