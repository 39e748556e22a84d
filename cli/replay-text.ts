/** What a replay found, in words. */
import type { OutputDifference } from '../core/audit/compare.ts'
import { showNumberOf, showTime } from './quantities.ts'
import type { ReplayProgress } from './replay-progress.ts'
import type { ReplayRefusal, ReplayReport } from './replay-report.ts'

/** The report as lines; the last is `replay: N decisions, N equal` whenever something was compared. */
export const describeReport = (report: ReplayReport): readonly string[] => {
  const { partitions, records, ticks, foldMs, duplicates, unsettled } = report
  if (report.refusal !== null) return [describeRefusal(report.refusal, report.coreHash)]
  const speed = Math.round((records * 1000) / Math.max(1, foldMs))
  return [
    `replay: ${showNumberOf(records, 'record')} with ${showNumberOf(ticks, 'tick')} in ${showNumberOf(partitions, 'partition')}, folded in ${foldMs} ms (${speed} records/s)`,
    ...describeBeginning(report),
    ...(report.cores.length > 1 ? [`replay: decided by ${report.cores.map(({ coreHash, ticks: own }) => `core ${coreHash} (${showNumberOf(own, 'tick')})`).join(', then ')}`] : []),
    ...(duplicates > 0 ? [`replay: ${showNumberOf(duplicates, 'repeat')} with equal bytes were collapsed`] : []),
    ...(unsettled > 0 ? [`replay: ${showNumberOf(unsettled, 'output')} ${unsettled === 1 ? 'is' : 'are'} not on record, and need not be: nobody had confirmed the input`] : []),
    ...report.differences.slice(0, 1).map(describeDifference),
    ...(report.differences.length > 1 ? [`replay: … and ${showNumberOf(report.differences.length - 1, 'more difference')}`] : []),
    tallyText(report, 'intent', 'ScaleIntentEmitted'),
    tallyText(report, 'hold', 'ScaleHeld'),
    tallyText(report, 'decision', 'ScaleDecided'),
  ]
}

/** What stands on one side only is part of the count: where there is any, each side is named. */
const tallyText = (report: ReplayReport, kind: 'intent' | 'hold' | 'decision', type: OutputDifference['type']): string => {
  const { count, equal } = report[`${kind}s`]
  const only = (side: OutputDifference['what']): number => report.differences.filter(({ what, type: own }) => what === side && own === type).length
  const [recorded, repeated] = [count - only('missing'), count - only('unexpected')]
  return `replay: ${showNumberOf(count, kind)}, ${equal} equal${recorded === count && repeated === count ? '' : `: ${recorded} are on record, ${repeated} were decided again`}`
}

const describeBeginning = ({ fromMs, expired }: ReplayReport): readonly string[] => {
  if (fromMs === null) return []
  const why = expired.length === 0 ? '' : `; what came before has expired in ${expired.length === 1 ? 'partition' : 'partitions'} ${expired.join(', ')}`
  return [`replay: compared from ${showTime(fromMs)}${why}`]
}

const describeDifference = ({ what, type, id, service, path, recorded, replayed }: OutputDifference): string =>
  `replay: first difference: ${type} ${id} of ${service}: ${what} at ${path === '' ? '(the whole record)' : path}: recorded ${recorded}, replayed ${replayed}`

/** `replay: 45 %, partition 2: 120000 records, 4000 ticks, 61000 records/s`. */
export const describeProgress = ({ percent, partition, records, ticks, recordsPerSecond }: ReplayProgress): string =>
  `replay: ${percent} %, partition ${partition}: ${showNumberOf(records, 'record')}, ${showNumberOf(ticks, 'tick')} folded, ${recordsPerSecond} records/s`

const describeRefusal = (refusal: ReplayRefusal, own: string): string => {
  switch (refusal.reason) {
    case 'OTHER_CORE':
      return (
        `OTHER_CORE replay: got decisions by core ${refusal.coreHashes.join(', ')}; allowed: core ${own}, which this program runs, ` +
        `and those in ${refusal.searched.length === 0 ? 'no folder' : refusal.searched.join(', ')}; nothing was compared: ` +
        'fetch <hash>.mjs from cores/ of the release that decided, and give its folder with --cores'
      )
    case 'LOG_EXPIRED':
      return (
        `LOG_EXPIRED replay: got partitions ${refusal.partitions.join(', ')} of signals whose beginning has expired, and no whole set of ` +
        'checkpoints to begin from; allowed: a log from its first record, or checkpoints of all services; nothing was compared: ' +
        'let a decider run for an hour, and raise the retention of signals and checkpoints before the next audit'
      )
    case 'UNKNOWN_SERVICE':
      return (
        `UNKNOWN_SERVICE replay: got --service ${refusal.service}; allowed: a service that the log knows; ` +
        'nothing was compared: `heteroscale get services` lists them'
      )
    case 'NOTHING_TO_COMPARE':
      return (
        'NOTHING_TO_COMPARE replay: got no decision, hold or intent that is on record; allowed: at least one; ' +
        'nothing was compared: check --from and --to, KAFKA_BROKERS and HETEROSCALE_TOPIC_PREFIX, and that a decider runs'
      )
  }
}
