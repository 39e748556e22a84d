/** Folders that a test may fill; they vanish after it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A new empty folder, removed when the running test ends. */
export function scratchDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'heteroscale-test-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}
