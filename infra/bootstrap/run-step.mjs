/** Runs one command to its end for the scripts that come before any installation. Built-ins only. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'

/**
 * Runs `command` under infra/local/guard.sh, so that it dies with this process; resolves with its exit code.
 * `stdout` is where its output goes: 'inherit', or 2 for standard error.
 */
export function runStep(root, [command, ...args], { stdout = 'inherit', env = {} } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', [join(root, 'infra/local/guard.sh'), command, ...args], {
      cwd: root,
      env: { ...process.env, ...env },
      detached: true,
      stdio: ['ignore', stdout, 'inherit', 'pipe'],
    })
    child.once('error', reject)
    child.once('exit', (code) => {
      child.stdio[3].destroy()
      resolve(code ?? 1)
    })
  })
}

/** Elapsed time since `startedAt` for people. */
export function since(startedAt) {
  return `${((Date.now() - startedAt) / 1000).toFixed(1)} s`
}
