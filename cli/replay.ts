/** `heteroscale replay`: decides the recorded history again and compares byte for byte. */
import { writeFile } from 'node:fs/promises'
import { Command } from 'commander'
import { createKafkaEventLog } from '../adapters/kafka/event-log.ts'
import { createLogger } from '../adapters/logging/logger.ts'
import type { OutputDifference } from '../core/audit/compare.ts'
import { ConfigError, loadConfig, type CommonConfig } from '../services/config.ts'
import { coreHash } from '../services/core-hash.ts'
import { kafkaOptions } from '../services/kafka-options.ts'
import { CliError, exitCodes } from './exit-codes.ts'
import { text } from './flags.ts'
import { processTerminal, type Terminal } from './terminal.ts'
import { readUpState } from './up-state.ts'
import { replayLog, type ReplayProgress, type ReplayRefusal, type ReplayReport } from './replay-log.ts'

type ReplayFlags = { readonly service?: string; readonly report?: string; readonly json?: boolean }

const help = `
Folds all of \`signals\` with this version's deciding code; only then reads \`decisions\` and \`intents\` and compares.
The log is found at KAFKA_BROKERS, else at the fleet of \`heteroscale up\`.

Examples:
  $ heteroscale replay                          the whole log
  $ heteroscale replay --service chat-70b       one service
  $ heteroscale replay --report replay.json     also write the facts as JSON

Exit codes: 0 equal, 1 no such service, 3 bad configuration, 4 different, decided by another version, or nothing to
compare, 6 Kafka unreachable.`

export const replayCommand = (terminal: Terminal = processTerminal): Command =>
  new Command('replay')
    .description('decide the recorded history again and compare it byte for byte with the record')
    .option('--service <name>', 'compare one service only', text)
    .option('--report <file>', 'also write the facts as JSON to a file', text)
    .option('--json', 'print the facts as JSON instead of text')
    .addHelpText('after', help)
    .action((flags: ReplayFlags) => replay(terminal, flags))

const replay = async (terminal: Terminal, flags: ReplayFlags): Promise<void> => {
  const report = await replayFromKafka(terminal, flags)
  if (flags.report !== undefined) await writeFile(flags.report, `${JSON.stringify(report, null, 2)}\n`)
  terminal.print(flags.json ? JSON.stringify(report) : describeReport(report).join('\n'))
  if (!report.equal) process.exitCode = report.refusal?.reason === 'UNKNOWN_SERVICE' ? exitCodes.failed : exitCodes.refused
}

const replayFromKafka = async (terminal: Terminal, flags: ReplayFlags): Promise<ReplayReport> => {
  const config = configFor(terminal)
  const eventLog = createKafkaEventLog(kafkaOptions('replay', config, createLogger('replay', 'silent')))
  const showProgress = ({ partition, records, ticks }: ReplayProgress): void =>
    terminal.warn(`replay: partition ${partition}: ${records} records, ${ticks} ticks folded`)
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

const configFor = ({ env }: Terminal): CommonConfig => {
  const up = env['KAFKA_BROKERS'] === undefined ? readUpState() : null
  try {
    return loadConfig({}, up === null ? env : { ...env, KAFKA_BROKERS: up.kafkaBrokers.join(',') })
  } catch (error) {
    if (error instanceof ConfigError) throw new CliError(exitCodes.badConfiguration, error.message)
    throw error
  }
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

const describeRefusal = (refusal: ReplayRefusal, own: string): string => {
  switch (refusal.reason) {
    case 'OTHER_CORE':
      return (
        `OTHER_CORE replay: got decisions by core ${refusal.coreHashes.join(', ')}; allowed: core ${own}, which this program runs; ` +
        'nothing was compared: run `heteroscale replay` of the release with that core (its decider prints the hash when it starts)'
      )
    case 'LOG_EXPIRED':
      return (
        `LOG_EXPIRED replay: got partitions ${refusal.partitions.join(', ')} of signals whose beginning has expired; ` +
        'allowed: a log that is kept from its first record; nothing was compared: raise the retention of signals before the next audit'
      )
    case 'UNKNOWN_SERVICE':
      return (
        `UNKNOWN_SERVICE replay: got --service ${refusal.service}; allowed: a service that the log knows; ` +
        'nothing was compared: `heteroscale get services` lists them'
      )
    case 'NOTHING_TO_COMPARE':
      return (
        'NOTHING_TO_COMPARE replay: got no decision, hold or intent that is on record; allowed: at least one; ' +
        'nothing was compared: check KAFKA_BROKERS and HETEROSCALE_TOPIC_PREFIX, and that a decider runs'
      )
  }
}
