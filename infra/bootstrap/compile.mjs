/** Compiles the sources into `dist/`, always or when they are newer than the last build. Built-ins only. */
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { exclusively } from './exclusively.mjs'
import { runStep, since } from './run-step.mjs'

const configFiles = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json']
/** Its time is the moment the last successful build began; sources changed during that build are newer. */
const stamp = 'dist/.built'
/** Its last step writes the second; without either the compiled program does not start. */
const outputs = ['dist/cli/main.js', 'dist/cores/current.json']

/** The compiler, and then what gives core its name. */
const steps = [
  [process.execPath, 'node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'],
  [process.execPath, 'infra/core-bundle/write.mjs'],
]

/** Does what `npm run build` does, when needed. Throws when it fails. */
export async function compile(root, say) {
  if (!buildIsStale(root)) return
  await exclusively({ root, name: 'build', say }, async () => {
    if (!buildIsStale(root)) return
    const startedAt = Date.now()
    say('compiling (the sources are newer than the build) ...')
    await buildAlone(root, { stdout: 2 })
    say(`compiled in ${since(startedAt)}`)
  })
}

/** `npm run build`: compiles whether or not it seems needed; what it leaves is not compiled again. Throws when it fails. */
export async function build(root, say) {
  await exclusively({ root, name: 'build', say }, () => buildAlone(root))
}

async function buildAlone(root, outputs) {
  mkdirSync(join(root, 'dist'), { recursive: true })
  writeFileSync(join(root, `${stamp}.begun`), '')
  forgetIncompleteBuild(root)
  for (const step of steps) {
    const code = await runStep(root, step, outputs)
    if (code !== 0) throw new Error(`BUILD_FAILED ${root}: ${step[1]} ended with exit code ${code}; nothing was started; correct what it says above`)
  }
  removeOrphans(root)
  renameSync(join(root, `${stamp}.begun`), join(root, stamp))
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
