/** Runs one real Temporal development server, with its UI when wanted, under supervision. */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
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
  const ours = namespaceOf(spec.dir)
  const ui = spec.uiPort === undefined ? ['--headless'] : ['--ui-port', String(spec.uiPort), '--ui-ip', '127.0.0.1']
  return superviseProcess({
    name: 'temporal',
    command: spec.program,
    args: [
      ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(spec.port), '--namespace', ours, ...ui],
      ...['--db-filename', join(spec.dir, 'temporal.db'), '--log-format', 'json', '--log-level', 'warn'],
      // The operating system keeps what a killed server wrote; syncing each write would only cost throughput.
      ...['--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=off'],
    ],
    logFile: join(spec.dir, 'temporal.log'),
    ports: [spec.port, ...(spec.uiPort === undefined ? [] : [spec.uiPort])],
    probe: () => probeTemporal({ port: spec.port, namespace: ours }),
  })
}

/**
 * A namespace that only this server has, the same over restarts on its folder. A development server says nothing else of
 * itself, and a stranger may have taken the port while ours was starting.
 */
function namespaceOf(dir: string): string {
  const file = join(dir, 'namespace')
  if (!existsSync(file)) writeFileSync(file, `launched-${randomBytes(6).toString('hex')}`)
  return readFileSync(file, 'utf8')
}

/** Which server is meant: the port alone may be a stranger's. */
export interface TemporalIdentity {
  readonly port: number
  readonly namespace: string
}

/** Resolves when the server describes its own namespace and the default one; rejects otherwise. */
export async function probeTemporal({ port, namespace }: TemporalIdentity): Promise<void> {
  const connection = await Connection.connect({ address: `127.0.0.1:${port}`, connectTimeout: 1_000 })
  try {
    for (const known of [namespace, 'default'])
      await connection.withDeadline(Date.now() + 2_000, () => connection.workflowService.describeNamespace({ namespace: known }))
  } finally {
    await connection.close()
  }
}
