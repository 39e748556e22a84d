/** What is hashed is what decides: the bundle of core, its name, and who refuses it. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { bundleCore, hashOf } from '../../infra/core-bundle/bundle.mjs'
import { projectRoot } from '../../infra/local/project-root.ts'
import { findCore, runningCore } from '../../services/core-bundle.ts'
import { coreHash as hashOfSources } from '../../services/core-hash.ts'
import { scratchDir } from '../support/scratch-dir.ts'

/** A folder as a build leaves it. */
const built = async (): Promise<{ readonly folder: string; readonly coreHash: string; readonly text: string }> => {
  const folder = scratchDir()
  const { coreHash, text } = await bundleCore(projectRoot)
  writeFileSync(join(folder, `${coreHash}.mjs`), text)
  writeFileSync(join(folder, 'current.json'), JSON.stringify({ coreHash }))
  return { folder, coreHash, text }
}

/** Another checkout of the same sources, under a longer path. */
const otherCheckout = (): string => {
  const root = join(scratchDir(), 'some/where/else')
  mkdirSync(root, { recursive: true })
  cpSync(join(projectRoot, 'core'), join(root, 'core'), { recursive: true })
  return root
}

describe('the bundle of core', () => {
  it('has the same bytes from the same sources in another folder, and nothing of the folder in it', async () => {
    const here = await bundleCore(projectRoot)
    expect(await bundleCore(otherCheckout())).toEqual(here)
    expect(here.coreHash).toMatch(/^[0-9a-f]{16}$/)
    expect(here.text).not.toContain(projectRoot)
  })

  it('imports nothing, so that it runs when everything around it is gone', async () => {
    expect((await bundleCore(projectRoot)).text).not.toMatch(/^\s*import\b|\bimport\(|\brequire\(/m)
  })

  it('has another name after any change of what decides, and the same after a change of words', async () => {
    const { coreHash } = await bundleCore(projectRoot)
    const root = otherCheckout()
    const file = join(root, 'core/scaling/claim.ts')
    const source = readFileSync(file, 'utf8')
    writeFileSync(file, `${source}\n// nobody runs this\n`)
    expect((await bundleCore(root)).coreHash).toBe(coreHash)
    writeFileSync(file, source.replace('5_000', '5_001'))
    expect((await bundleCore(root)).coreHash).not.toBe(coreHash)
  })
})

describe('the core of a program', () => {
  it('is the bundle that its build made, under the hash of the bytes that run', async () => {
    const { folder, coreHash, text } = await built()
    const core = await runningCore(folder)
    expect(core.coreHash).toBe(coreHash)
    expect(core.coreHash).toBe(hashOf(text))
    expect(core.engine.claimOf(core.engine.openPartition(3, coreHash))).toMatchObject({ epoch: 0, offset: -1 })
  })

  it('is, from source, the sources', async () => {
    expect((await runningCore()).coreHash).toBe(await hashOfSources())
  })

  it('is refused when a byte of it changed', async () => {
    const { folder, coreHash, text } = await built()
    writeFileSync(join(folder, `${coreHash}.mjs`), text.replace('openPartition', 'openPartitiom'))
    await expect(runningCore(folder)).rejects.toThrow(/^CORE_CHANGED .*nothing was run$/)
  })

  it('is refused when the build is incomplete', async () => {
    await expect(runningCore(scratchDir())).rejects.toThrow(/^CORE_MISSING .*run npm run build$/)
    const folder = scratchDir()
    writeFileSync(join(folder, 'current.json'), '{"coreHash":"0123456789abcdef"}')
    await expect(runningCore(folder)).rejects.toThrow(/^CORE_MISSING .*0123456789abcdef/)
  })
})

describe('a bundle asked for by its hash', () => {
  it('comes from the first folder that holds it', async () => {
    const { folder, coreHash } = await built()
    expect(await findCore(coreHash, [scratchDir(), folder])).toMatchObject({ coreHash })
    expect(await findCore(coreHash, [scratchDir()])).toBeNull()
  })

  it('never comes from outside the folders, whatever a log calls it', async () => {
    const { folder } = await built()
    writeFileSync(join(folder, 'beside.mjs'), '')
    mkdirSync(join(folder, 'cores'))
    expect(await findCore('../beside', [join(folder, 'cores')])).toBeNull()
  })
})
