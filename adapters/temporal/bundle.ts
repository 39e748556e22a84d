/**
 * The workflow code as one file for the sandbox, built once per content. Bundling takes about a second of two cores;
 * a worker that restarts after a crash should not pay for it again.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleWorkflowCode } from '@temporalio/worker'
import type { BundleOptions } from '@temporalio/worker'

/** `.ts` when this file runs from the sources, `.js` from `dist/`. */
const extension = extname(fileURLToPath(import.meta.url))
const root = fileURLToPath(new URL('../../', import.meta.url))

/** Entry of the bundle, in the sources or in `dist/`, wherever this file is. */
export const workflowsEntry = join(root, 'workflows', `index${extension}`)

/** Path of the bundle for the present content; builds it when no process did before. */
export const workflowBundle = async (cacheDir = join(root, '.heteroscale', 'bundles')): Promise<string> => {
  const path = join(cacheDir, `workflows-${contentHash()}.js`)
  if (!existsSync(path)) await build(path, cacheDir)
  return path
}

/** The code itself; `changes` serve tests that bundle workflows of their own or watch a replay. */
export const bundleCode = async (changes: Partial<BundleOptions> = {}): Promise<string> => {
  const { code } = await bundleWorkflowCode({ workflowsPath: workflowsEntry, logger: silent, ...changes })
  return code
}

/** Written beside and renamed, so that two processes that build at once never read half a file. */
const build = async (path: string, cacheDir: string): Promise<void> => {
  mkdirSync(cacheDir, { recursive: true })
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, await bundleCode())
  renameSync(draft, path)
}

const contentHash = (): string => {
  const hash = createHash('sha256').update(sdkVersion())
  for (const file of sources()) hash.update(file).update('\0').update(readFileSync(join(root, file)))
  return hash.digest('hex').slice(0, 16)
}

/** All that a workflow may import: workflows and core, by the import rules. */
const sources = (): readonly string[] =>
  ['core', 'workflows'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => extname(file) === extension)
      .map((file) => join(folder, file))
      .sort(),
  )

const sdkVersion = (): string => {
  const { version } = createRequire(import.meta.url)('@temporalio/worker/package.json') as { version: string }
  return version
}

const quiet = (): void => {}
/** Webpack's own report; its failures are thrown. */
const silent: NonNullable<BundleOptions['logger']> = { log: quiet, trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet }
