/** One line per control in force, above everything that `get` and `describe` show. */
import { showCounts } from '../core/roles.ts'
import { showDuration } from './quantities.ts'
import { clean, paint } from './table.ts'
import type { ControlAnswer } from '../services/api/answers.ts'
import type { Terminal } from './terminal.ts'

/** Lines without an end of line; empty when nothing is ordered. */
export const bannerLines = (controls: readonly ControlAnswer[], now: number, terminal: Terminal): readonly string[] => controls.map((control) => {
  const { author, reason, time, untilMs } = control
  const ends = untilMs === null ? '' : `, ends in ${showDuration(untilMs - now)}`
  const line = clean(`! ${showControl(control)} since ${showDuration(now - time)} by ${author}: ${reason}${ends}`)
  return paint(line, control.control === 'manual-scale' ? 'yellow' : 'red', terminal)
})

/** `kill-switch on for fleet`, `manual-scale 3P+6D for service/chat-70b`. */
export const showControl = ({ scope, control, value, prefill, decode }: ControlAnswer): string => `${control} ${prefill === null || decode === null ? value : showCounts({ prefill, decode })} for ${scope}`
