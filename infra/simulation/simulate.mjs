/** `npm run simulate`: makes the simulation one module and runs it. */
import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleSimulation } from './bundle.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const outfile = join(root, `node_modules/.cache/simulation/${process.pid}/main.mjs`)
await bundleSimulation({ root, entry: 'infra/simulation/main.ts', outfile })
const child = spawn(process.execPath, ['--enable-source-maps', outfile, ...process.argv.slice(2)], { stdio: 'inherit', cwd: root })
child.on('exit', (code) => {
  process.exitCode = code ?? 1
})
