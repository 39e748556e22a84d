/**
 * The last step of `npm run build`: writes the bundle of core beside the compiled program, and which one that program
 * runs. Bundles of earlier builds stay: logs that they decided can still be replayed.
 */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleCore } from './bundle.mjs'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const folder = join(root, 'dist/cores')

const { coreHash, text } = await bundleCore(root)
mkdirSync(folder, { recursive: true })
writeWhole(`${coreHash}.mjs`, text)
writeWhole('current.json', `${JSON.stringify({ coreHash })}\n`)

/** A process that starts during a build finds the old file or the new one, never half of one. */
function writeWhole(name, content) {
  const unfinished = join(folder, `.${name}.${process.pid}`)
  writeFileSync(unfinished, content)
  renameSync(unfinished, join(folder, name))
}
