/** The bundle of core that the compiled programs run: what the bench fills, the decider must decide with the same bytes. */
import { pathToFileURL } from 'node:url'
import type { Core } from '../services/core-bundle.ts'
import { compiled } from './program.ts'

export const compiledCore = async (root?: string): Promise<Core> => {
  const [path] = compiled('services/core-bundle.js', root)
  const { runningCore } = (await import(pathToFileURL(path ?? '').href)) as { readonly runningCore: () => Promise<Core> }
  return runningCore()
}
