/** Runs one real Temporal development server, with its UI when wanted, under supervision. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Connection } from '@temporalio/client'
import { superviseProcess } from './process.ts'
import type { ServerHandle } from './process.ts'

/** What a Temporal server needs: its program, a folder and its ports. */
export interface TemporalSpec {
  readonly program: string
  readonly dir: string
  readonly port: number
  readonly uiPort?: number | undefined
}

/** Starts a server on the database file of its folder; workflows survive kill -9 and a restart. Await `whenReady`. */
export function launchTemporal(spec: TemporalSpec): ServerHandle {
  mkdirSync(spec.dir, { recursive: true })
  const ui = spec.uiPort === undefined ? ['--headless'] : ['--ui-port', String(spec.uiPort), '--ui-ip', '127.0.0.1']
  return superviseProcess({
    name: 'temporal',
    command: spec.program,
    args: [
      ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(spec.port), ...ui],
      ...['--db-filename', join(spec.dir, 'temporal.db'), '--log-format', 'json', '--log-level', 'warn'],
      // The operating system keeps what a killed server wrote; syncing each write would only cost throughput.
      ...['--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=off'],
    ],
    logFile: join(spec.dir, 'temporal.log'),
    probe: () => probeTemporal(`127.0.0.1:${spec.port}`),
  })
}

/** Resolves when the server describes its default namespace; rejects otherwise. */
export async function probeTemporal(address: string): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: 1_000 })
  try {
    await connection.withDeadline(Date.now() + 2_000, () => connection.workflowService.describeNamespace({ namespace: 'default' }))
  } finally {
    await connection.close()
  }
}
