/** The simulation as the command runs it: one module, in which the workflows meet the model of Temporal. */
import { mkdtempSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll } from 'vitest'
import { bundleSimulation } from '../../infra/simulation/bundle.mjs'
import type * as library from '../../infra/simulation/library.ts'

const root = resolve(import.meta.dirname, '../..')

/** Call at the top of a test file; what it returns is filled before the first test. */
export const useSimulation = (): { current: typeof library } => {
  const held = { current: undefined as unknown as typeof library }
  // Below node_modules, so that the packages that stay outside are found.
  let folder: string | null = null
  beforeAll(async () => {
    folder = mkdtempSync(join(root, 'node_modules/.simulation-'))
    const outfile = join(folder, 'library.mjs')
    await bundleSimulation({ root, entry: 'infra/simulation/library.ts', outfile })
    held.current = (await import(/* @vite-ignore */ pathToFileURL(outfile).href)) as typeof library
  }, 180_000)
  afterAll(() => {
    if (folder !== null) rmSync(folder, { recursive: true })
  })
  return held
}
