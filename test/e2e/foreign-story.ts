/** What somebody without our code has: the Python examples, kcat, and the metrics page of the collector. */
import { execFile, execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { LauncherError } from '../../infra/local/launcher-error.ts'
import { missing, prerequisites } from '../../infra/local/prerequisites.ts'
import { superviseProcess, type ServerHandle } from '../../infra/local/process.ts'
import { projectRoot } from '../../infra/local/project-root.ts'
import { installPythonExamples } from '../../infra/local/python-examples.ts'
import type { ProducerAnswer } from '../../services/api/answers.ts'
import { createApiClient } from '../../cli/api-client.ts'
import type { FleetStory } from './fleet-story.ts'

/** The folder of the Python packages, or null where this machine lacks something: told at a desk, a failure in CI. */
export const foreignTools = async (): Promise<string | null> => {
  try {
    requireKcat()
    return await installPythonExamples((line) => console.log(`tools: ${line}`))
  } catch (failure) {
    const isLacking = failure instanceof LauncherError && failure.code === 'PREREQUISITE_MISSING'
    if (!isLacking || process.env['CI'] === 'true') throw failure
    console.warn(`NOT RUN: ${failure.message}`)
    return null
  }
}

const requireKcat = (): void => {
  try {
    execFileSync('kcat', ['-V'], { stdio: 'ignore' })
  } catch {
    throw missing([prerequisites.kcat])
  }
}

export type Python = { readonly packages: string; readonly story: FleetStory }

const environment = ({ packages, story }: Python): Record<string, string> => ({
  PYTHONPATH: packages,
  // The folder stays as it was installed.
  PYTHONDONTWRITEBYTECODE: '1',
  KAFKA_BROKERS: story.running.stack.kafkaBrokers.join(','),
  SCHEMA_REGISTRY: registryOf(story),
})

const example = (file: string): string => join(projectRoot, 'docs/examples/producers', file)

export const registryOf = ({ running }: FleetStory): string => `${running.fleet.apiUrl}/schema-registry`

/** One of the examples to its end; what it printed. */
export const runPython = (python: Python, file: string, args: readonly string[]): Promise<string> =>
  output('python3', [example(file), ...args], { ...process.env, ...environment(python) }).then(String)

/** A producer that writes until it is stopped. */
export const keepProducing = (python: Python, args: readonly string[]): ServerHandle =>
  superviseProcess({
    name: 'tps_producer.py',
    command: 'python3',
    args: [example('tps_producer.py'), ...args],
    env: environment(python),
    logFile: join(python.story.running.stack.dir, 'tps_producer.log'),
  })

/** What kcat prints, byte by byte. */
export const kcat = ({ running }: FleetStory, args: readonly string[]): Promise<Buffer> =>
  output('kcat', ['-b', running.stack.kafkaBrokers.join(','), ...args], process.env)

/** What docs/examples/producers/look.sh prints. */
export const lookAt = ({ running }: FleetStory): Promise<string> =>
  output('sh', [example('look.sh')], { ...process.env, KAFKA_BROKERS: running.stack.kafkaBrokers.join(',') }).then(String)

const output = (command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    execFile(command, args, { encoding: 'buffer', timeout: 90_000, env }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new Error(`${command} ${args.join(' ')}: ${error.message}\n${stderr.toString()}`))
    })
  })

/** What the gate says of one producer; undefined before its first report. */
export const producerNamed = async ({ running }: FleetStory, producer: string): Promise<ProducerAnswer | undefined> => {
  const { items } = await createApiClient(running.fleet.apiUrl).get<{ readonly items: readonly ProducerAnswer[] }>('/producers')
  return items.find((one) => one.producer === producer)
}

/** How many records the gate refused a producer for this reason, as the API says; 0 before its first report. */
export const refusals = async (story: FleetStory, producer: string, reason: string): Promise<number> =>
  (await producerNamed(story, producer))?.refused.find((one) => one.reason === reason)?.count ?? 0

/** The same by outcome, over all producers, as the collector's metrics say. */
export const gateCount = async ({ running }: FleetStory, outcome: string): Promise<number> => {
  const text = await (await fetch(`${running.fleet.urls['collector']}/metrics`)).text()
  const line = text.split('\n').find((one) => one.startsWith('heteroscale_gate_records_total{') && one.includes(`outcome="${outcome}"`))
  return Number(line?.split(' ').at(-1) ?? Number.NaN)
}
