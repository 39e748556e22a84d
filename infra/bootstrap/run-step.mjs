/** Runs one command to its end for the scripts that come before any installation. Built-ins only. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/**
 * Runs `command` under infra/local/guard.sh, so that it dies with this process; resolves with its exit code.
 * `stdout` is where its output goes: 'inherit', or 2 for standard error. With `onLine` both its outputs go there, line by line.
 */
export function runStep(root, [command, ...args], { stdout = 'inherit', env = {}, onLine } = {}) {
  return new Promise((resolve, reject) => {
    const outputs = onLine === undefined ? [stdout, 'inherit'] : ['pipe', 'pipe']
    const child = spawn('/bin/sh', [join(root, 'infra/local/guard.sh'), command, ...args], {
      cwd: root,
      env: { ...process.env, ...env },
      detached: true,
      stdio: ['ignore', ...outputs, 'pipe'],
    })
    for (const output of [child.stdout, child.stderr]) if (output !== null) createInterface({ input: output }).on('line', onLine)
    child.once('error', reject)
    child.once('exit', () => child.stdio[3].destroy())
    // With pipes the last lines come after the exit.
    child.once(onLine === undefined ? 'exit' : 'close', (code) => resolve(code ?? 1))
  })
}

/** Elapsed time since `startedAt` for people. */
export function since(startedAt) {
  return `${((Date.now() - startedAt) / 1000).toFixed(1)} s`
}
