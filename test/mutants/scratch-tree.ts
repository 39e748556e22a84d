/** A copy of the checkout in a temporary folder, where files may be broken. The checkout itself is only read. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { mutated } from './apply.ts'
import type { Mutant } from './mutant.ts'

export type ScratchTree = {
  readonly dir: string
  /** Works on the tree while the mutant is in it, and takes it out again. */
  with<T>(mutant: Mutant, work: () => Promise<T>): Promise<T>
  remove(): void
}

export const createScratchTree = (root: string): ScratchTree => {
  const dir = mkdtempSync(join(tmpdir(), 'heteroscale-mutants-'))
  const remove = (): void => rmSync(dir, { recursive: true, force: true })
  process.once('exit', remove)
  for (const file of trackedFiles(root)) {
    mkdirSync(dirname(join(dir, file)), { recursive: true })
    copyFileSync(join(root, file), join(dir, file))
  }
  linkPackages(join(root, 'node_modules'), join(dir, 'node_modules'))
  return {
    dir,
    with: async (mutant, work) => {
      const path = join(dir, mutant.file)
      const source = readFileSync(path, 'utf8')
      writeFileSync(path, mutated(source, mutant))
      try {
        return await work()
      } finally {
        writeFileSync(path, source)
      }
    },
    remove: () => {
      process.off('exit', remove)
      remove()
    },
  }
}

/** As they stand in the working tree; a file that is deleted there is left out. */
const trackedFiles = (root: string): readonly string[] =>
  execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8', maxBuffer: 1e8 })
    .split('\0')
    .filter((file) => file !== '' && existsSync(join(root, file)))

/** Package by package, so that caches, which tools keep beside the packages, are this tree's own. */
const linkPackages = (from: string, to: string): void => {
  mkdirSync(to)
  for (const name of readdirSync(from)) if (!name.startsWith('.')) symlinkSync(join(from, name), join(to, name))
}
