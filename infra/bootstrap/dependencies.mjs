/** Brings `node_modules` up to `package-lock.json`, once, when it is not. Built-ins only. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { exclusively } from './exclusively.mjs'
import { runStep, since } from './run-step.mjs'

/** Runs `npm ci` when needed. Throws when npm fails. */
export async function installDependencies(root, say) {
  if (staleDependency(root) === undefined) return
  await exclusively({ root, name: 'npm-ci', say }, async () => {
    const reason = staleDependency(root)
    if (reason === undefined) return
    const startedAt = Date.now()
    say(`installing npm packages (${reason}): npm ci ...`)
    const code = await runStep(root, ['npm', 'ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], { stdout: 2 })
    if (code !== 0) throw new Error(`NPM_CI_FAILED ${root}: npm ci ended with exit code ${code}; nothing was started; run the command again to retry`)
    say(`npm packages installed in ${since(startedAt)}`)
  })
}

/** Why `npm ci` is needed, or undefined when what is installed is what the lock file says. */
export function staleDependency(root) {
  const record = join(root, 'node_modules/.package-lock.json')
  // npm writes this record last, so an interrupted installation has none.
  if (!existsSync(record)) return 'node_modules is missing or incomplete'
  const locked = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages
  const name = firstDifference(locked, installed)
  return name === undefined ? undefined : `${name} is not at the locked version`
}

/**
 * The first locked package that is absent or different. Contents are compared, not times: a checkout of another
 * branch and back touches files without changing them. Optional packages of other platforms may be absent.
 */
export function firstDifference(locked, installed) {
  for (const [name, wanted] of Object.entries(locked)) {
    const found = installed[name]
    const mayBeAbsent = name === '' || wanted.optional === true || wanted.devOptional === true
    if (found === undefined && !mayBeAbsent) return name
    if (found !== undefined && (found.version !== wanted.version || found.integrity !== wanted.integrity)) return name
  }
  return undefined
}
