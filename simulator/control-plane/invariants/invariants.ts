/**
 * What must hold in every history, as far as the simulation judges for itself. An independent checker reads the same evidence and
 * says much more; these few are cheap and stop a broken simulation early.
 */
import type { History } from '../history.ts'
import { clusterViolations } from './clusters.ts'
import { decisionViolations } from './decisions.ts'
import { livenessViolations } from './liveness.ts'
import type { Violation } from './violation.ts'

/** In the order of time. */
export const violationsOf = (history: History): readonly Violation[] => {
  const alarms = history.stage.alarms.map(({ atMs, service, detail }): Violation => ({ invariant: 'ALARM', service, detail, atMs }))
  return [...alarms, ...clusterViolations(history), ...decisionViolations(history), ...livenessViolations(history)].sort((a, b) => a.atMs - b.atMs)
}
