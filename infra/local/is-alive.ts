/** Asks the system whether a process exists, and since when. */
import { execFileSync } from 'node:child_process'

/** True when a process with this id exists, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (failure) {
    return (failure as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** True when the process lives and began when it says; after a crash its number may have gone to another one. */
export function isSameProcess(pid: number, started: string | undefined): boolean {
  if (!isAlive(pid)) return false
  const now = startOf(pid)
  return started === undefined || now === null || now === started
}

/**
 * When a process began, in whatever words the system has for it: together with its number it names a process for good.
 * Null when there is no such process, or no `ps` to ask.
 */
export function startOf(pid: number): string | null {
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' } }).trim() || null
  } catch {
    return null
  }
}
