/** The simulation as one module, in which the product's workflows and activities meet the model of Temporal instead of its libraries. */
import { join } from 'node:path'
import { build } from 'esbuild'

const stands = { '@temporalio/workflow': 'workflow-api.ts', '@temporalio/activity': 'activity-api.ts' }

/** Writes `outfile`. Throws what esbuild throws. */
export async function bundleSimulation({ root, entry, outfile }) {
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
    alias: Object.fromEntries(Object.entries(stands).map(([name, file]) => [name, join(root, 'simulator/control-plane/temporal', file)])),
  })
}
