/** `npm run simulate`: makes the simulation one module and runs it, in a fresh clone too. */
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installDependencies } from '../bootstrap/dependencies.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
await installDependencies(root, (line) => console.error(`simulate: ${line}`))
const { bundleSimulation } = await import('./bundle.mjs')
const folder = join(root, `node_modules/.cache/simulation/${process.pid}`)
const outfile = join(folder, 'main.mjs')
await bundleSimulation({ root, entry: 'infra/simulation/main.ts', outfile })
const child = spawn(process.execPath, ['--enable-source-maps', outfile, ...process.argv.slice(2)], { stdio: 'inherit', cwd: root })
child.on('exit', (code) => {
  rmSync(folder, { recursive: true, force: true })
  process.exitCode = code ?? 1
})
