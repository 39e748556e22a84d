/** A folder of data belongs to one running stack at a time. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startOf } from '../../infra/local/is-alive.ts'
import { claimRunDir, releaseRunDir } from '../../infra/local/run-dir.ts'
import { scratchDir } from '../support/scratch-dir.ts'

/** A folder with Kafka's data, a file of somebody's own, and the id of the process that used it. */
function usedDir(owner: number): string {
  const dir = scratchDir()
  mkdirSync(join(dir, 'kafka/data'), { recursive: true })
  writeFileSync(join(dir, 'notes.txt'), 'mine')
  writeFileSync(join(dir, 'owner.pid'), String(owner))
  return dir
}

/** The id of a process that has ended. */
const deadPid = () => Number(execFileSync('/bin/sh', ['-c', 'echo $$'], { encoding: 'utf8' }))

test('a folder in use is refused, and its data stay', () => {
  const dir = usedDir(process.ppid)
  expect(() => claimRunDir(dir, true)).toThrow(expect.objectContaining({ code: 'STACK_IN_USE' }) as Error)
  expect(existsSync(join(dir, 'kafka/data'))).toBe(true)
})

test('a folder whose owner crashed can be claimed although its number has gone to another process', () => {
  const dir = usedDir(process.ppid)
  writeFileSync(join(dir, 'owner.pid'), `${process.ppid}\nThu Jan  1 00:00:00 1970`)
  claimRunDir(dir, false)
  expect(readFileSync(join(dir, 'owner.pid'), 'utf8').split('\n')).toEqual([String(process.pid), startOf(process.pid)])
})

test('a folder whose owner crashed can be claimed, with its data or afresh; other files are left alone', () => {
  const dir = usedDir(deadPid())
  claimRunDir(dir, false)
  expect(existsSync(join(dir, 'kafka/data'))).toBe(true)
  releaseRunDir(dir)
  claimRunDir(dir, true)
  expect([existsSync(join(dir, 'kafka/data')), existsSync(join(dir, 'notes.txt'))]).toEqual([false, true])
})
