/**
 * `npm run test:crash`: strikes every crash point on real servers, from a bare clone. Runs in a mount namespace of its own, where a
 * small file system for the broker can be had without leaving one behind. Node's built-ins only.
 */
import { spawnSync } from 'node:child_process'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compile } from '../bootstrap/compile.mjs'
import { installDependencies } from '../bootstrap/dependencies.mjs'
import { nodeVersionFault } from '../bootstrap/node-version.mjs'
import { runStep } from '../bootstrap/run-step.mjs'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const say = (line) => console.log(`npm run test:crash: ${line}`)

const fault = nodeVersionFault(process.versions.node)
if (fault !== undefined) {
  console.error(fault)
  process.exit(3)
}
await installDependencies(root, say)
await compile(root, say)
const program = ['node', '--import', 'tsx', 'test/crash/main.ts', ...process.argv.slice(2)]
process.exitCode = await runStep(root, [...ownMounts(), ...program])

/** As root, or as root of a user namespace; where neither is to be had, the case of the full disk fails and says so. */
function ownMounts() {
  const ways = [['unshare', '--mount'], ['unshare', '--user', '--map-root-user', '--mount']]
  return ways.find(([command, ...args]) => spawnSync(command, [...args, 'true']).status === 0) ?? []
}
