/** The simulation as one module, in which the product's workflows and activities meet the model of Temporal instead of its libraries. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'

const stands = { '@temporalio/workflow': 'workflow-api.ts', '@temporalio/activity': 'activity-api.ts' }

/** The independent checker stands with the tests, which nothing else may import: where it is there, it is put in here. */
const withChecker = (checker) => ({
  name: 'independent-checker',
  setup: (build) => {
    build.onLoad({ filter: /infra\/simulation\/checker\.ts$/ }, () => ({
      contents: `export { check as independentCheck } from ${JSON.stringify(checker)}; export { isVacuous as missingToCount } from ${JSON.stringify(join(checker, '../vacuity.ts'))}`,
      resolveDir: join(checker, '..'),
    }))
  },
})

/** A tenth of a decision was its hash. */
const withNativeHash = (root) => ({
  name: 'native-hash',
  setup: (build) => build.onLoad({ filter: /\/core\/sha256\.ts$/ }, () => ({ contents: `export { sha256 } from './infra/simulation/sha256.ts'`, resolveDir: root, loader: 'ts' })),
})

/** Writes `outfile`. Throws what esbuild throws. */
export async function bundleSimulation({ root, entry, outfile, checker = join(root, 'test/checker/check.ts') }) {
  const isChecked = existsSync(checker)
  await build({
    absWorkingDir: root,
    entryPoints: [join(root, entry)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: 'inline',
    logLevel: 'warning',
    packages: 'external',
    plugins: [withNativeHash(root), ...(isChecked ? [withChecker(checker)] : [])],
    // The checker finds the schemas from where it stands; in a bundle it stands elsewhere.
    define: { 'import.meta.dirname': JSON.stringify(join(checker, '..')) },
    alias: Object.fromEntries(Object.entries(stands).map(([name, file]) => [name, join(root, 'simulator/control-plane/temporal', file)])),
  })
}
