/** Runs one real Kafka broker, which is its own controller (KRaft), under supervision. */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import { asProperties, settingsAt } from '../kafka/settings.ts'
import { LauncherError } from './launcher-error.ts'
import { lastLines } from './log-file.ts'
import { superviseProcess } from './process.ts'
import type { ServerHandle } from './process.ts'

/** What a broker needs: a Java runtime, Kafka's jars, a folder and two ports. */
export interface KafkaSpec {
  readonly java: string
  readonly jarsDir: string
  readonly dir: string
  readonly port: number
  readonly controllerPort: number
  /** On top of those of infra/kafka/settings.ts. */
  readonly settings?: Readonly<Record<string, string>>
}

/** Starts a broker; a folder that already holds a broker's data is continued. Await `whenReady`. */
export async function launchKafka(spec: KafkaSpec): Promise<ServerHandle> {
  const dataDir = join(spec.dir, 'data')
  const properties = join(spec.dir, 'server.properties')
  mkdirSync(spec.dir, { recursive: true })
  writeFileSync(properties, asProperties({ ...settingsAt({ port: spec.port, controllerPort: spec.controllerPort, dataDir }), ...spec.settings }))
  if (!existsSync(join(dataDir, 'meta.properties'))) await format(spec, properties)
  const clusterId = clusterIdOf(dataDir)
  return superviseProcess({
    name: 'kafka',
    command: spec.java,
    args: [...javaFlags('512m'), '-cp', classPath(spec), 'kafka.Kafka', properties],
    logFile: join(spec.dir, 'kafka.log'),
    ports: [spec.port, spec.controllerPort],
    probe: () => probeBroker({ port: spec.port, clusterId }),
  })
}

/** Which broker is meant: the port alone may be a stranger's, who took it while ours was starting. */
export interface BrokerIdentity {
  readonly port: number
  readonly clusterId: string
}

/** Resolves when the broker lists itself, is the one that is meant, and its group coordinator answers; rejects otherwise. */
export async function probeBroker({ port, clusterId }: BrokerIdentity): Promise<void> {
  const kafka = new Kafka({
    clientId: 'heteroscale-launcher',
    brokers: [`127.0.0.1:${port}`],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 1_000,
    requestTimeout: 5_000,
    retry: { retries: 0 },
  })
  const admin = kafka.admin()
  try {
    await admin.connect()
    const { brokers, clusterId: answered } = await admin.describeCluster()
    if (answered !== clusterId) throw new Error(`port ${port} is answered by cluster ${answered}, not by ours, ${clusterId}`)
    if (brokers.length === 0) throw new Error('the cluster lists no broker')
    // Asking for a group makes the broker create its offsets topic, which the first consumer would otherwise wait for.
    await admin.fetchOffsets({ groupId: 'heteroscale-launcher', topics: [] })
  } finally {
    await admin.disconnect()
  }
}

/** What formatting wrote: it stays the same over restarts, and no two brokers share it. */
function clusterIdOf(dataDir: string): string {
  const file = join(dataDir, 'meta.properties')
  const clusterId = /^cluster\.id=(.+)$/m.exec(readFileSync(file, 'utf8'))?.[1]
  if (clusterId === undefined) throw new LauncherError('NOT_OURS', `kafka: ${file} names no cluster.id; a folder that Kafka formatted is needed; nothing was started`)
  return clusterId.trim()
}

async function format(spec: KafkaSpec, properties: string): Promise<void> {
  // One id in 64 begins with a dash, which the tool takes for an option unless it is joined to its own.
  const clusterId = randomBytes(16).toString('base64url')
  const tool = ['kafka.tools.StorageTool', 'format', `--cluster-id=${clusterId}`, '--config', properties]
  const logFile = join(spec.dir, 'format.log')
  const args = [...javaFlags('128m'), '-cp', classPath(spec), ...tool]
  const { code } = await superviseProcess({ name: 'kafka format', command: spec.java, args, logFile }).exited
  if (code === 0) return
  throw new LauncherError('PROCESS_EXITED', `kafka: formatting its storage ended with exit code ${code}; nothing is left running; log ${logFile} ends:\n${lastLines(logFile, 8)}`)
}

function javaFlags(heap: string): string[] {
  return [
    `-Xmx${heap}`,
    // The first compiler tier starts faster and is enough for a development broker.
    '-XX:TieredStopAtLevel=1',
    '-XX:+UseSerialGC',
    '-Dorg.slf4j.simpleLogger.showDateTime=true',
    '-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS',
    '-Dorg.slf4j.simpleLogger.showThreadName=false',
  ]
}

function classPath(spec: KafkaSpec): string {
  return join(spec.jarsDir, '*')
}
