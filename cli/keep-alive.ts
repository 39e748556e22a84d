/** A process of the fleet, or a server of ours, that ends by itself is started again: a cluster would do the same. */
import { setTimeout as delay } from 'node:timers/promises'
import type { ServerHandle } from '../infra/local/process.ts'

/** Keeps a process that dies at once from filling its log. */
const restartPauseMs = 1000

type Restartable = Pick<ServerHandle, 'name' | 'logFile' | 'exited' | 'restart'>

/** Resolves after `stopped`, once no restart is under way any more. Says each end and each restart, also one that failed. */
export const keepAlive = async (handles: readonly Restartable[], stopped: Promise<void>, say: (line: string) => void): Promise<void> => {
  let stopping = false
  const stop = stopped.then(() => {
    stopping = true
    return null
  })
  const watch = async (handle: Restartable): Promise<void> => {
    while (!stopping) {
      // A server that somebody else runs never ends for us.
      const ended = await Promise.race([handle.exited, stop])
      if (ended === null || stopping) return
      say(`${handle.name} ended (${ended.signal ?? `exit code ${ended.code}`}); starting it again; log ${handle.logFile}`)
      await Promise.race([delay(restartPauseMs), stop])
      if (stopping) return
      await handle.restart().then(() => say(`${handle.name} runs again`), (failure: unknown) => say(failure instanceof Error ? failure.message : String(failure)))
    }
  }
  await Promise.all(handles.map(watch))
}
