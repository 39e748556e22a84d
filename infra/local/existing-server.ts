/** Stands where a handle is expected for a server that somebody else runs, or that was not asked for. */
import { LauncherError } from './launcher-error.ts'
import type { ServerHandle } from './process.ts'

/** A handle without a process: asking it to stop does nothing, asking it to restart throws NOT_OURS. */
export function existingServer(name: string, address: string | undefined): ServerHandle {
  const whose = address === undefined ? 'it was not asked for' : `it runs at ${address}, started by somebody else`
  const ended = { code: null, signal: null }
  return {
    name,
    logFile: '',
    pid: undefined,
    exited: new Promise(() => {}),
    whenReady: () => Promise.resolve(),
    kill: () => false,
    stop: () => Promise.resolve(ended),
    restart: () => Promise.reject(new LauncherError('NOT_OURS', `${name}: ${whose}; only a server of this stack can be restarted; nothing was done`)),
  }
}
