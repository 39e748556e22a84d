/** `heteroscale replay`: decides the recorded history again and compares byte for byte. */
import { writeFile } from 'node:fs/promises'
import { Command } from 'commander'
import { createKafkaEventLog } from '../adapters/kafka/event-log.ts'
import { createLogger } from '../adapters/logging/logger.ts'
import { isPortError } from '../core/port-error.ts'
import type { OutputDifference } from '../core/audit/compare.ts'
import { ConfigError, loadConfig } from '../services/config.ts'
import { coreHash } from '../services/core-hash.ts'
import { kafkaOptions } from '../services/kafka-options.ts'
import { replayLog, type ReplayProgress, type ReplayRefusal, type ReplayReport } from './replay-log.ts'

type ReplayFlags = { readonly service?: string; readonly report?: string; readonly json?: boolean }

/** Exit codes of every verb: 3 bad configuration, 4 refused or not equal, 6 the log cannot be reached. */
const exitCodes = { equal: 0, badConfig: 3, notEqual: 4, unavailable: 6 } as const

const help = `
Folds all of \`signals\` with this version's deciding code, then reads \`decisions\` and \`intents\` and compares.

Examples:
  heteroscale replay                          # the whole log
  heteroscale replay --service chat           # one service
  heteroscale replay --report replay.json     # the facts as JSON beside the text

Exit codes: 0 equal, 3 bad configuration, 4 different or decided by another version, 6 Kafka unreachable.`

export const replayCommand = (): Command =>
  new Command('replay')
    .description('decide the recorded history again and compare it byte for byte with the record')
    .option('--service <name>', 'compare one service only')
    .option('--report <file>', 'also write the facts as JSON to a file')
    .option('--json', 'print the facts as JSON instead of text')
    .addHelpText('after', help)
    .action(async (flags: ReplayFlags) => {
      process.exitCode = await replay(flags)
    })

const replay = async (flags: ReplayFlags): Promise<number> => {
  try {
    const report = await replayFromKafka(flags)
    if (flags.report !== undefined) await writeFile(flags.report, `${JSON.stringify(report, null, 2)}\n`)
    process.stdout.write(flags.json ? `${JSON.stringify(report)}\n` : `${describeReport(report).join('\n')}\n`)
    return report.equal ? exitCodes.equal : exitCodes.notEqual
  } catch (error) {
    process.stderr.write(`${explainFailure(error)}\n`)
    return error instanceof ConfigError ? exitCodes.badConfig : exitCodes.unavailable
  }
}

const replayFromKafka = async (flags: ReplayFlags): Promise<ReplayReport> => {
  const config = loadConfig({}, process.env)
  const eventLog = createKafkaEventLog(kafkaOptions('replay', config, createLogger('replay', 'silent')))
  try {
    return await replayLog(eventLog, {
      coreHash: await coreHash(),
      group: `${config.HETEROSCALE_TOPIC_PREFIX}-decider`,
      ...(flags.service === undefined ? {} : { service: flags.service }),
      ...(flags.json ? {} : { onProgress: showProgress }),
    })
  } finally {
    await eventLog.close()
  }
}

const showProgress = ({ partition, records, ticks }: ReplayProgress): void => {
  process.stderr.write(`replay: partition ${partition}: ${records} records, ${ticks} ticks folded\n`)
}

/** An error that is no port error is a bug: it goes up and stops the process. */
const explainFailure = (error: unknown): string => {
  if (error instanceof ConfigError) return error.message
  if (!isPortError(error)) throw error
  return `E_LOG replay: ${error.message}; allowed: a readable log at KAFKA_BROKERS; nothing was compared`
}

/** The report as lines; the last is `replay: N decisions, N equal` whenever something was compared. */
export const describeReport = (report: ReplayReport): readonly string[] => {
  const { partitions, records, ticks, foldMs, duplicates, unsettled } = report
  if (report.refusal !== null) return [describeRefusal(report.refusal, report.coreHash)]
  const speed = Math.round((records * 1000) / Math.max(1, foldMs))
  return [
    `replay: ${records} records with ${ticks} ticks in ${partitions} partitions, folded in ${foldMs} ms (${speed} records/s)`,
    ...(duplicates > 0 ? [`replay: ${duplicates} repeats with equal bytes were collapsed`] : []),
    ...(unsettled > 0 ? [`replay: ${unsettled} outputs are not recorded yet: their input is above the committed offset`] : []),
    ...report.differences.slice(0, 1).map(describeDifference),
    ...(report.differences.length > 1 ? [`replay: … and ${report.differences.length - 1} more differences`] : []),
    `replay: ${report.intents.count} intents, ${report.intents.equal} equal`,
    `replay: ${report.holds.count} holds, ${report.holds.equal} equal`,
    `replay: ${report.decisions.count} decisions, ${report.decisions.equal} equal`,
  ]
}

const describeDifference = ({ what, type, id, path, recorded, replayed }: OutputDifference): string =>
  `replay: first difference: ${type} ${id} ${what} at ${path === '' ? '(the whole record)' : path}: recorded ${recorded}, replayed ${replayed}`

const describeRefusal = (refusal: ReplayRefusal, own: string): string =>
  refusal.reason === 'OTHER_CORE'
    ? `OTHER_CORE replay: got decisions by core ${refusal.coreHashes.join(', ')}; allowed: core ${own}, which this program runs; ` +
      'nothing was compared: run `heteroscale replay` of the release with that core (its decider prints the hash when it starts)'
    : `LOG_EXPIRED replay: got partitions ${refusal.partitions.join(', ')} of signals whose beginning has expired; ` +
      'allowed: a log that is kept from its first record; nothing was compared: raise the retention of signals before the next audit'
