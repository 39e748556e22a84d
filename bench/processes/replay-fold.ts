/** The compiled replay over one fleet's log; prints its CPU time up to the end of the fold, and with the comparison. */
import { pathToFileURL } from 'node:url'
import type { createKafkaEventLog as KafkaEventLog } from '../../adapters/kafka/event-log.ts'
import type { replayLog as ReplayLog } from '../../cli/replay-log.ts'
import { compiledCore } from '../compiled-core.ts'
import { compiled } from '../program.ts'

const [brokers = '', prefix = ''] = process.argv.slice(2)

const compiledModule = async <Module>(script: string): Promise<Module> => (await import(pathToFileURL(compiled(script)[0] ?? '').href)) as Module

const { createKafkaEventLog } = await compiledModule<{ readonly createKafkaEventLog: typeof KafkaEventLog }>('adapters/kafka/event-log.js')
const { replayLog } = await compiledModule<{ readonly replayLog: typeof ReplayLog }>('cli/replay-log.js')
const { coreHash } = await compiledCore()
const eventLog = createKafkaEventLog({ brokers: brokers.split(','), clientId: 'bench-replay', topicPrefix: prefix })

const secondsSince = (start: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1e6
}

const start = process.cpuUsage()
let foldCpuSeconds = 0
const report = await replayLog(eventLog, {
  coreHash,
  group: `${prefix}-decider`,
  onProgress: () => (foldCpuSeconds = secondsSince(start)),
})
const { records, equal, decisions, holds, intents, refusal, differences } = report
console.log(
  JSON.stringify({ foldCpuSeconds, cpuSeconds: secondsSince(start), records, equal, decisions: decisions.count, holds: holds.count, intents: intents.count, refusal, first: differences[0] }),
)
await eventLog.close()
