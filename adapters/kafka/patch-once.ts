/** How the cures of kafkajs reach what it does not export. */
import { createRequire } from 'node:module'

const requireHere = createRequire(import.meta.url)
const patched = new Set<string>()

/** Changes what a module of kafkajs exports, at the first call in a process. `path`: of the module, by which each is patched by one cure. */
export const patchOnce = <T>(path: string, patch: (exported: T) => void): void => {
  if (patched.has(path)) return
  patched.add(path)
  patch(requireHere(path) as T)
}
