/** Runs a program of a scratch tree to its end, or ends it with all its children when it takes too long. */
import { spawn } from 'node:child_process'

export type Ended = { readonly code: number | 'too long'; readonly stdout: string; readonly stderr: string }

export const runNode = (args: readonly string[], { cwd, mostMs }: { readonly cwd: string; readonly mostMs: number }): Promise<Ended> =>
  new Promise((resolve, reject) => {
    // A group of its own: a mutant may never end, and the simulation has workers.
    const child = spawn(process.execPath, args, { cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    const out: string[] = []
    const err: string[] = []
    let isTooLong = false
    const end = (): void => {
      if (child.pid !== undefined) endGroup(child.pid)
    }
    const timer = setTimeout(() => {
      isTooLong = true
      end()
    }, mostMs)
    process.once('exit', end)
    child.stdout.setEncoding('utf8').on('data', (text: string) => out.push(text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => err.push(text))
    child.once('error', reject)
    child.once('close', (code) => {
      clearTimeout(timer)
      process.off('exit', end)
      resolve({ code: isTooLong ? 'too long' : (code ?? 1), stdout: out.join(''), stderr: err.join('') })
    })
  })

/** Nothing to do where all of it has ended meanwhile. */
const endGroup = (leader: number): void => {
  try {
    process.kill(-leader, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
