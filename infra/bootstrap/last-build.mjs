/**
 * Which command lines must not wait for npm or the compiler: those with which somebody looks at a fleet or stops it. A source that does
 * not compile, or a registry that does not answer, is no reason to let a fleet go on. Built-ins only.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { buildIsStale } from './compile.mjs'
import { staleDependency } from './dependencies.mjs'

const urgentVerbs = [
  'kill-switch', 'freeze', 'unfreeze', 'pause', 'resume', 'mode', 'scale', 'delete', 'repair', 'down', 'help',
  'stuck', 'get', 'describe', 'explain', 'topics', 'verify', 'replay',
]
/** Options before the verb whose value is the next word. */
const optionsWithValue = ['--server']

/** The verb of these arguments when it runs whatever was built last; undefined when it needs preparation, or nothing was built. */
export function verbOfLastBuild(root, args) {
  const verb = args.find((arg, index) => !arg.startsWith('-') && !optionsWithValue.includes(args[index - 1]))
  return urgentVerbs.includes(verb) && existsSync(join(root, 'dist/cli/main.js')) ? verb : undefined
}

/** What the last build is older than and what to do about it, or undefined when it is up to date. */
export function newerThanLastBuild(root) {
  try {
    if (buildIsStale(root)) return 'the sources (`npm run build` makes a new one)'
    return staleDependency(root) === undefined ? undefined : 'package-lock.json (`npm ci` installs what that says)'
  } catch {
    // A configuration that cannot be read, such as one with a conflict in it, is newer too.
    return 'its configuration (which cannot be read)'
  }
}
