/** All activities, made from ports. They run in Node; workflows see their types only. */
import { createApply } from './apply.ts'
import { createAwaitRelease } from './await-release.ts'
import { createAwaitState, createAwaitWithdrawn } from './await-state.ts'
import { beating } from './beating.ts'
import { createPlace } from './place.ts'
import type { CellPorts, RolloutPorts } from './ports.ts'
import { createRegister } from './register.ts'
import { createRelease } from './release.ts'
import { createReport } from './report.ts'
import { createSettle } from './settle.ts'
import { createUndo } from './undo.ts'
import { createWithdraw } from './withdraw.ts'

/** Served on the task queue of the rollouts. */
export const createActivities = (ports: RolloutPorts) => ({
  apply: createApply(ports),
  register: createRegister(ports),
  awaitState: createAwaitState(ports),
  awaitWithdrawn: createAwaitWithdrawn(ports),
  awaitRelease: createAwaitRelease(ports),
  undo: createUndo(ports),
  report: beating(createReport(ports)),
  settle: beating(createSettle(ports)),
})

/** Served on `cell/<cell>` by the process that owns the cell. */
export const createCellActivities = (ports: CellPorts) => ({
  place: beating(createPlace(ports)),
  release: beating(createRelease(ports)),
  withdraw: beating(createWithdraw(ports)),
})

export type RolloutActivities = ReturnType<typeof createActivities>
export type CellActivities = ReturnType<typeof createCellActivities>
