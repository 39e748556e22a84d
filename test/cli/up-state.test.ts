/** Whether the process that `up` recorded is still that process: `down` would otherwise stop a stranger. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { isStillUp } from '../../cli/up-state.ts'
import { startOf } from '../../infra/local/is-alive.ts'

test('a living process with the start that was recorded is the one; with another start its number was given away', () => {
  const started = startOf(process.pid)
  expect(started).not.toBeNull()
  expect(isStillUp({ pid: process.pid, started: started ?? '' })).toBe(true)
  expect(isStillUp({ pid: process.pid, started: 'Thu Jan  1 00:00:00 1970' })).toBe(false)
})

test('without a recorded start, being alive must do', () => {
  expect(isStillUp({ pid: process.pid })).toBe(true)
})

test('a process that ended is gone, whatever was recorded', async () => {
  const child = spawn(process.execPath, ['-e', ''])
  await once(child, 'exit')
  const pid = child.pid ?? 0
  expect(startOf(pid)).toBeNull()
  expect(isStillUp({ pid })).toBe(false)
})
