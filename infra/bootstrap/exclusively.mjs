/** Lets one process at a time do something to this checkout. Built-ins only. */
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** An owner that died between creating the file and writing its id into it is given this long. */
const emptyFileGraceMs = 5_000
/** Long enough for somebody who removed a dead owner's file at the same moment to have replaced ours. */
const settleMs = 50

/**
 * Runs `work` while holding `.heteroscale/locks/<name>`; waits, and says so once, while a living process holds
 * it. The lock of a dead process is taken over.
 */
export async function exclusively({ root, name, say }, work) {
  const file = join(root, '.heteroscale/locks', name)
  mkdirSync(join(root, '.heteroscale/locks'), { recursive: true })
  let told = false
  while (!(await take(file))) {
    if (!told) say(`another command is at it already (${name}); waiting for it`)
    told = true
    await delay(200)
  }
  try {
    return await work()
  } finally {
    rmSync(file, { force: true })
  }
}

async function take(file) {
  if (isHeld(file)) return false
  rmSync(file, { force: true })
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' })
  } catch {
    return false
  }
  await delay(settleMs)
  return ownerOf(file) === process.pid
}

function isHeld(file) {
  const owner = ownerOf(file)
  if (owner === undefined) return false
  if (owner === 0) return Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0) < emptyFileGraceMs
  return isAlive(owner)
}

/** The process id in the file, 0 when it is still empty, undefined without a file. */
function ownerOf(file) {
  try {
    return Number(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (failure) {
    return failure.code === 'EPERM'
  }
}
