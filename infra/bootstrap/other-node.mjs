/**
 * Finds, or installs below `.heteroscale/`, a Node of another major version than the one that runs, so that the same
 * checkout can be tested on both. The npm registry carries Node's own binaries, so no other download site is needed. Built-ins only.
 */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { exclusively } from './exclusively.mjs'

const run = promisify(execFile)

/** What is installed, by platform and major version; the integrity is the registry's own of exactly that tarball. */
const pinned = {
  'linux-x64': {
    20: { version: '20.20.2', integrity: 'sha512-PeHQM8wAdmHtZA1mBocygZxs5LiUWtsJezQTkBd0iY987KpGrD1O2tVEydvMZiuXceRanxt7rjTnDEBwOPujoQ==' },
    24: { version: '24.21.0', integrity: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==' },
  },
  'linux-arm64': {
    20: { version: '20.20.2', integrity: 'sha512-LCXJnNTFiyGuYBw2gZSI5OBFMbkjAPt8sqD/NKrWoE2QmDgSubTqFng6GaNJ9EJ8HpxBMGcWWpbbcs4Vo+CnGg==' },
    24: { version: '24.22.0', integrity: 'sha512-xbI0deR0+gzJizE0IdT7x3ewSqtvWW7tx6QlJIBI6IszUY41yrPmOeS+b6WkA7DmSS8VKJRcMthWVwO1LbjamQ==' },
  },
  'darwin-x64': {
    20: { version: '20.20.2', integrity: 'sha512-uMVQFOdSjr/iYrfksIp5p4795m7FTAWVGaoMQGsYaSW9XMsUsqfd+yJU8KdOLd7UUuBlUX2sTdHVV5LNmmS7mw==' },
    24: { version: '24.18.1', integrity: 'sha512-tCT5i2LaCG+9j7HXlF1ioPfVSbHRTp3MgWDknJ0ofG8V2eRDNEpqhC3y9DLmvUpTPYsSwHBSccIeB3yl92hTIQ==' },
  },
}

/** The variable in which a machine names its own binary of that version. */
export const nodeVariable = (major) => `HETEROSCALE_NODE_${major}`

/** The machine as this module sees it; tests give another. */
const thisMachine = { env: process.env, platform: `${process.platform}-${process.arch}`, node: { path: process.execPath, version: process.versions.node } }

/**
 * Path of a Node of that major version: the one that HETEROSCALE_NODE_<major> names, the running one, or the pinned one,
 * installed on first use. Throws NODE_MISSING or NODE_NOT_INTACT.
 */
export async function nodeOf(root, major, { machine = thisMachine, say = () => {} } = {}) {
  const named = machine.env[nodeVariable(major)]
  if (named !== undefined && named !== '') return majorOrThrow(named, major)
  if (majorOf(machine.node.version) === major) return machine.node.path
  const pin = pinned[machine.platform]?.[major]
  if (pin === undefined) throw new Error(notPackaged(machine.platform, major))
  return installed(root, { ...pin, name: `node-${machine.platform}` }, say)
}

/** The same, but only what is there already: nothing is installed, and undefined when there is none. */
export function nodeHere(root, major, machine = thisMachine) {
  const named = machine.env[nodeVariable(major)]
  if (named !== undefined && named !== '') return named
  if (majorOf(machine.node.version) === major) return machine.node.path
  const pin = pinned[machine.platform]?.[major]
  const binary = pin && binaryIn(dirOf(root, pin))
  return binary !== undefined && existsSync(binary) ? binary : undefined
}

const dirOf = (root, { version }) => join(root, '.heteroscale', `node-${version}`)
const binaryIn = (dir) => join(dir, 'package/bin/node')

async function majorOrThrow(path, major) {
  const version = await versionOf(path)
  if (majorOf(version) === major) return path
  throw new Error(`NODE_MISSING ${nodeVariable(major)}=${path}: got ${version || 'nothing that runs'}; allowed: a Node ${major}; nothing was started`)
}

function notPackaged(platform, major) {
  return (
    `NODE_MISSING node ${major}: the npm registry has no pinned Node ${major} for ${platform}; nothing was started.\n` +
    `  Install it (https://nodejs.org/en/download, on macOS: brew install node@${major}) and name its binary:  export ${nodeVariable(major)}=/path/to/node`
  )
}

async function installed(root, pin, say) {
  const dir = dirOf(root, pin)
  const binary = binaryIn(dir)
  if (existsSync(binary)) return binary
  await exclusively({ root, name: `node-${pin.version}`, say }, async () => {
    if (!existsSync(binary)) await install(dir, pin, say)
  })
  return binary
}

/** Unpacked beside its place and then moved there, so that an interrupted installation leaves nothing that looks finished. */
async function install(dir, { name, version, integrity }, say) {
  say(`installing ${name}@${version} ...`)
  mkdirSync(dirname(dir), { recursive: true })
  const scratch = mkdtempSync(join(dirname(dir), 'node-new-'))
  try {
    const { stdout } = await run('npm', ['pack', `${name}@${version}`, '--json', '--pack-destination', scratch], { cwd: scratch })
    const [packed] = JSON.parse(stdout)
    if (packed.integrity !== integrity) throw new Error(notIntact(`${name}@${version}`, packed.integrity, integrity))
    await run('tar', ['-xzf', join(scratch, packed.filename), '-C', scratch])
    const found = await versionOf(binaryIn(scratch))
    if (found !== version) throw new Error(notIntact(`${name}@${version}`, `a binary of version "${found}"`, version))
    rmSync(join(scratch, packed.filename))
    rmSync(dir, { recursive: true, force: true })
    renameSync(scratch, dir)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

const notIntact = (what, got, allowed) => `NODE_NOT_INTACT ${what}: got ${got}; allowed: ${allowed}; nothing was installed; run the command again`

/** What the binary says of itself; empty when it does not run. */
async function versionOf(path) {
  try {
    return (await run(path, ['--version'])).stdout.trim().replace(/^v/, '')
  } catch {
    return ''
  }
}

const majorOf = (version) => Number(version.split('.')[0])

/** The environment in which `node`, `npm` and every child of theirs run on that binary. */
export function environmentOn(binary, env = process.env) {
  return { ...env, PATH: `${dirname(binary)}:${env.PATH ?? ''}` }
}

