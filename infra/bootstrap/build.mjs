/** `npm run build`. Built-ins only. */
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from './compile.mjs'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

try {
  await build(root, (line) => console.error(`build: ${line}`))
} catch (failure) {
  console.error(failure.message)
  process.exitCode = 1
}
