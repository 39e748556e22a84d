/** The deciders are replaced by those of the next version, one after the other, as a rolling update does it. */
import type { DurationMs, EpochMs } from '../../../core/units.ts'
import type { NemesisLine } from '../evidence.ts'
import { nextCore, type World } from '../world.ts'

const betweenMs: DurationMs = 30_000
const downMs: DurationMs = 2_000

/** What it says is promised: as long as it lasts nobody changed anything else, so that nothing may be decided. */
export const upgrade = (world: World, { fromMs, toMs }: { readonly fromMs: EpochMs; readonly toMs: EpochMs }): NemesisLine => {
  const { scheduler } = world.stage
  const deciders = [...world.processes].flatMap(([name, process]) => (name.startsWith('decider') ? [process] : []))
  scheduler.at(fromMs, () => void (world.coreHash = nextCore))
  deciders.forEach((process, index) => scheduler.at(fromMs + index * betweenMs, () => process.holdDownUntil(scheduler.nowMs + downMs)))
  return { fault: 'upgrade', target: 'decider', fromMs, toMs, hits: deciders.length }
}
