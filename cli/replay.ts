/** `heteroscale replay`: decides the recorded history again and compares byte for byte. */
import { writeFile } from 'node:fs/promises'
import { Command } from 'commander'
import { wholeLog, type TickRange } from '../core/audit/replay.ts'
import type { EventLog } from '../core/ports.ts'
import { coreFolders, findCore, runningCore } from '../services/core-bundle.ts'
import { CliError, exitCodes } from './exit-codes.ts'
import { oneOf, text } from './flags.ts'
import { moment, momentMs, type Moment } from './moment.ts'
import { presentOf } from './replay-present.ts'
import { openLog } from './replay-kafka.ts'
import { replayLog } from './replay-log.ts'
import type { ReplayReport } from './replay-report.ts'
import { describeProgress, describeReport } from './replay-text.ts'
import { processTerminal, type Terminal } from './terminal.ts'

type ReplayFlags = {
  readonly service?: string
  readonly from?: Moment
  readonly to?: Moment
  readonly cores?: string
  readonly report?: string
  readonly output?: 'json'
  readonly json?: boolean
}

const help = `
Decides \`signals\` again with the versions of the deciding code that decided it then, and only after that reads \`decisions\`
and \`intents\` and compares byte for byte. The log is found at KAFKA_BROKERS, else at the fleet of \`heteroscale up\`.

Times are world time: 2026-01-01T14:05Z, 14:05 (UTC), or an age back from the log's newest tick. A range begins from the
checkpoints before it; a log whose beginning has expired, from its oldest ones.

Versions are bundles <hash>.mjs: those of this program's builds, those that releases keep in cores/, and --cores.

Examples:
  $ heteroscale replay                               the whole log
  $ heteroscale replay --from 2h                     the last two hours
  $ heteroscale replay --from 14:00 --to 14:10       ten minutes
  $ heteroscale replay --service chat-70b            one service
  $ heteroscale replay --cores /mnt/releases/cores   with versions that are kept elsewhere
  $ heteroscale replay --report replay.json          also write the facts as JSON

Exit codes: 0 equal, 1 no such service, 2 usage, 3 bad configuration, 4 different, decided by a version that is missing, or
nothing to compare, 6 Kafka unreachable.`

export const replayCommand = (terminal: Terminal = processTerminal): Command =>
  new Command('replay')
    .description('decide the recorded history again and compare it byte for byte with the record')
    .option('--from <time>', 'compare from here on (default: the log\'s start)', moment)
    .option('--to <time>', 'compare up to here (default: the log\'s end)', moment)
    .option('--service <name>', 'compare one service only', text)
    .option('--cores <dir>', 'another folder of bundles of the deciding code', text)
    .option('--report <file>', 'also write the facts as JSON to a file', text)
    .option('-o, --output <format>', 'json instead of text', oneOf('json'))
    .option('--json', 'the same as -o json')
    .addHelpText('after', help)
    .action((flags: ReplayFlags) => replay(terminal, flags))

const replay = async (terminal: Terminal, flags: ReplayFlags): Promise<void> => {
  const report = await replayFromKafka(terminal, flags)
  if (flags.report !== undefined) await writeFile(flags.report, `${JSON.stringify(report, null, 2)}\n`)
  terminal.print(isJson(flags) ? JSON.stringify(report) : describeReport(report).join('\n'))
  if (!report.equal) process.exitCode = report.refusal?.reason === 'UNKNOWN_SERVICE' ? exitCodes.failed : exitCodes.refused
}

const isJson = ({ json, output }: ReplayFlags): boolean => json === true || output === 'json'

const replayFromKafka = async (terminal: Terminal, flags: ReplayFlags): Promise<ReplayReport> => {
  const own = await runningCore()
  const searched = [...(flags.cores === undefined ? [] : [flags.cores]), ...coreFolders()]
  const { eventLog, group } = await openLog(terminal)
  try {
    return await replayLog(eventLog, {
      ...own,
      findCore: async (coreHash) => (await findCore(coreHash, searched))?.engine ?? null,
      searched,
      group,
      range: await rangeOf(eventLog, flags),
      ...(flags.service === undefined ? {} : { service: flags.service }),
      onProgress: (progress) => terminal.warn(describeProgress(progress)),
    })
  } finally {
    await eventLog.close()
  }
}

const rangeOf = async (eventLog: EventLog, { from, to }: ReplayFlags): Promise<TickRange> => {
  const isRelative = [from, to].some((one) => one !== undefined && one.kind !== 'absolute')
  const nowMs = isRelative ? await presentOf(eventLog) : 0
  const range = {
    fromMs: from === undefined ? wholeLog.fromMs : momentMs(from, nowMs),
    toMs: to === undefined ? wholeLog.toMs : momentMs(to, nowMs),
  }
  if (range.fromMs <= range.toMs) return range
  const show = (ms: number): string => new Date(ms).toISOString()
  throw new CliError(exitCodes.usage, `E_USAGE replay: got --from ${show(range.fromMs)} and --to ${show(range.toMs)}; allowed: --from before --to; nothing was replayed`)
}
