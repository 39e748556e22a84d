/** Compiles the sources into `dist/` when they are newer than the last build. Built-ins only. */
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { exclusively } from './exclusively.mjs'
import { runStep, since } from './run-step.mjs'

const configFiles = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json']
/** Its time is the moment the last successful build began; sources changed during that build are newer. */
const stamp = 'dist/.built'
/** Its last step writes the second; without either the compiled program does not start. */
const outputs = ['dist/cli/main.js', 'dist/cores/current.json']

/** Runs `npm run build` when needed. Throws when it fails. */
export async function compile(root, say) {
  if (!buildIsStale(root)) return
  await exclusively({ root, name: 'build', say }, async () => {
    if (!buildIsStale(root)) return
    const startedAt = Date.now()
    say('compiling (the sources are newer than the build): npm run build ...')
    mkdirSync(join(root, 'dist'), { recursive: true })
    writeFileSync(join(root, `${stamp}.begun`), '')
    forgetIncompleteBuild(root)
    const code = await runStep(root, ['npm', 'run', '--silent', 'build'], { stdout: 2 })
    if (code !== 0) throw new Error(`BUILD_FAILED ${root}: the compiler ended with exit code ${code}; nothing was started; correct what it says above`)
    removeOrphans(root)
    renameSync(join(root, `${stamp}.begun`), join(root, stamp))
    say(`compiled in ${since(startedAt)}`)
  })
}

/** True when a source, its folder (for removed files) or the configuration is newer than the last build, or there is none. */
export function buildIsStale(root) {
  const built = modifiedMs(join(root, stamp))
  if (built === 0 || !outputs.every((file) => existsSync(join(root, file)))) return true
  const isNewer = (path) => modifiedMs(path) > built
  if (configFiles.some((file) => isNewer(join(root, file)))) return true
  return sourceDirs(root).some((dir) => someBelow(join(root, dir), isNewer))
}

/** Without a stamp the compiler's own memory of what it emitted may be wrong; it would emit nothing and call it done. */
function forgetIncompleteBuild(root) {
  if (existsSync(join(root, stamp)) && existsSync(join(root, 'dist/cli/main.js'))) return
  rmSync(join(root, 'dist/build.tsbuildinfo'), { force: true })
}

/**
 * Removes compiled files whose source is gone: the compiler leaves them, and they would still be imported and
 * counted in the hash of core/.
 */
export function removeOrphans(root) {
  for (const dir of sourceDirs(root).filter((dir) => existsSync(join(root, 'dist', dir)))) {
    for (const file of readdirSync(join(root, 'dist', dir), { recursive: true })) {
      const [, source] = /^(.*)\.js(?:\.map)?$/.exec(file) ?? []
      if (source !== undefined && !existsSync(join(root, dir, `${source}.ts`))) rmSync(join(root, 'dist', dir, file))
    }
  }
}

function sourceDirs(root) {
  return JSON.parse(readFileSync(join(root, 'tsconfig.build.json'), 'utf8')).include
}

function someBelow(dir, isNewer) {
  if (!existsSync(dir)) return false
  if (isNewer(dir)) return true
  return readdirSync(dir, { withFileTypes: true }).some((entry) => {
    const path = join(dir, entry.name)
    return entry.isDirectory() ? someBelow(path, isNewer) : /\.m?ts$|\.mjs$/.test(entry.name) && isNewer(path)
  })
}

function modifiedMs(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}
