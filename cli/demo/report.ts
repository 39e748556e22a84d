/** The facts of a demo as one JSON value, and the lines that sum them up. World time unless a name says wall. Pure. */
import type { ServiceReport } from '../../simulator/tally.ts'
import { showNumberOf } from '../quantities.ts'
import { countEnds, type Ledger } from './ledger.ts'
import type { Stage } from './stage.ts'
import type { Evidence, Expectation } from './verdict.ts'

/** Wall milliseconds since the command was given. */
export type Timings = { readonly installedMs: number; readonly healthyMs: number; readonly firstScaleOutCommittedMs: number | null }

export type DemoReport = ReturnType<typeof reportOf>

export type ReportInput = {
  readonly evidence: Evidence
  readonly served: ServiceReport
  readonly timings: Timings
  readonly expectations: readonly Expectation[]
}

export const reportOf = ({ evidence, served, timings, expectations }: ReportInput) => ({
  workload: workloadOf(evidence.stage),
  wall: timings,
  traffic: {
    requests: served.requests,
    completed: served.completed,
    failed: served.failed,
    ttft: { sloMs: served.slo.ttftMs, ...served.ttft },
    tbt: { sloMs: served.slo.tbtMs, ...served.tbt },
  },
  cost: {
    gpuHours: round(served.gpuSeconds / 3600),
    gpuHoursStaticPeak: round(served.gpuSecondsStaticPeak / 3600),
    savedPercent: round(100 * (1 - served.gpuSeconds / served.gpuSecondsStaticPeak)),
    gpusPeak: served.gpusPeak,
  },
  scaling: scalingOf(evidence.ledger),
  replay: evidence.replay,
  band: evidence.band,
  expectations,
  asExpected: expectations.every(({ holds }) => holds),
})

const workloadOf = ({ title, speed, minutes, loadFactor, seed, fault }: Stage) => ({ title, speed, minutes, loadFactor, seed, fault })

const scalingOf = (ledger: Ledger) => ({
  decisions: ledger.decisions,
  scaleOuts: ledger.decisions.filter(({ kind }) => kind === 'scale-out').length,
  scaleIns: ledger.decisions.filter(({ kind }) => kind === 'scale-in').length,
  rebalances: ledger.decisions.filter(({ kind }) => kind === 'rebalance').length,
  rolloutsCommitted: countEnds(ledger, 'committed'),
  rollbacks: countEnds(ledger, 'rolled-back'),
  stuck: countEnds(ledger, 'stuck'),
  timeline: ledger.gauges,
})

const round = (value: number): number => Math.round(value * 10) / 10

const percent = (share: number | null): string => (share === null ? '—' : `${round(share * 100)} %`)
const seconds = (ms: number | null): string => (ms === null ? 'not at all,' : `${round(ms / 1000)} s`)

/** What a newcomer reads last. The line about the replay is added by whoever ran it. */
export const summaryLines = (report: DemoReport): readonly string[] => [
  '',
  `times        installed ${seconds(report.wall.installedMs)} · healthy ${seconds(report.wall.healthyMs)} · first scale-out committed ${seconds(report.wall.firstScaleOutCommittedMs)} after the command`,
  `traffic      ${showNumberOf(report.traffic.requests, 'request')}, ${report.traffic.completed} completed, ${report.traffic.failed} lost`,
  `TTFT         ${percent(report.traffic.ttft.attainment)} within ${report.traffic.ttft.sloMs} ms (p95 ${milliseconds(report.traffic.ttft.p95Ms)})`,
  `TBT          ${percent(report.traffic.tbt.attainment)} of requests within ${report.traffic.tbt.sloMs} ms on their mean (p95 of the means ${milliseconds(report.traffic.tbt.p95Ms)})`,
  `cost         ${report.cost.gpuHours} GPU-hours; ${report.cost.gpuHoursStaticPeak} if the peak of ${report.cost.gpusPeak} GPUs had been held (${report.cost.savedPercent} % saved)`,
  `scaling      ${showNumberOf(report.scaling.scaleOuts, 'scale-out')}, ${showNumberOf(report.scaling.scaleIns, 'scale-in')}, ${showNumberOf(report.scaling.rebalances, 'rebalance')}; ${showNumberOf(report.scaling.rolloutsCommitted, 'rollout')} committed, ${report.scaling.rollbacks} rolled back, ${report.scaling.stuck} stuck`,
  ...report.expectations.map(({ what, holds, facts }) => `${holds ? '✔' : '✘'} ${what}: ${facts}`),
]

const milliseconds = (value: number | null): string => (value === null ? '—' : `${Math.round(value)} ms`)
