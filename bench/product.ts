/** A compiled product under measurement: this checkout, or an earlier commit in a folder of its own. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { nodeArgumentsOf } from '../infra/local/node-arguments.ts'
import { projectRoot } from '../infra/local/project-root.ts'

export type Product = {
  readonly root: string
  /** Arguments that its own launcher gives node before the script of a service. */
  readonly nodeArgumentsOf: (service: string) => readonly string[]
}

export const thisProduct: Product = { root: projectRoot, nodeArgumentsOf }

export type EarlierProduct = Product & { readonly commit: string; remove(): void }

/**
 * Unpacks a commit into a temporary folder and builds it there, with the packages of this checkout. Throws when git does not
 * know the commit, or its build fails.
 */
export const buildEarlier = async (revision: string, onProgress: (line: string) => void): Promise<EarlierProduct> => {
  const commit = git('rev-parse', '--short=12', `${revision}^{commit}`).toString().trim()
  const root = mkdtempSync(join(tmpdir(), `heteroscale-${commit}-`))
  const remove = (): void => rmSync(root, { recursive: true, force: true })
  process.once('exit', remove)
  onProgress(`building ${commit} in ${root}`)
  execFileSync('tar', ['-x', '-C', root], { input: git('archive', '--format=tar', commit) })
  symlinkSync(join(projectRoot, 'node_modules'), join(root, 'node_modules'))
  build(root)
  return { root, commit, nodeArgumentsOf: await launcherOf(root), remove }
}

/** What is measured is what was compiled last: so both are compiled now. */
export const build = (root: string): void => void execFileSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: ['ignore', 2, 2] })

const git = (...args: readonly string[]): Buffer => execFileSync('git', [...args], { cwd: projectRoot, maxBuffer: 1e9 })

/** Commits without this file gave every service the same one argument. */
const launcherOf = async (root: string): Promise<Product['nodeArgumentsOf']> => {
  const path = join(root, 'infra/local/node-arguments.ts')
  if (!existsSync(path)) return () => ['--enable-source-maps']
  return ((await import(pathToFileURL(path).href)) as Product).nodeArgumentsOf
}
