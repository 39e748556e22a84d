/**
 * The deciding code as one self-contained ES module, named after its content. The same sources give the same bytes in any
 * folder and on any Node: esbuild is pinned to one version, sees no tsconfig, and names source files relative to the
 * checkout. Not minified, so that an auditor can read what decided.
 */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { build } from 'esbuild'

/** As services/core-bundle.ts reads it: 16 hexadecimal digits of the SHA-256. */
export const hashOf = (text) => createHash('sha256').update(text).digest('hex').slice(0, 16)

/** Bundles the core of the checkout at `root`. Throws what esbuild throws. */
export async function bundleCore(root) {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [join(root, 'core/audit/engine.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    target: 'es2023',
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'silent',
    tsconfigRaw: { compilerOptions: { target: 'es2023', verbatimModuleSyntax: true } },
  })
  const text = outputFiles[0].text
  return { coreHash: hashOf(text), text }
}
