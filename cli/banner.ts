/** What stands above everything that `get` and `describe` show: one line per control in force, and one when nobody decides. */
import { showCounts } from '../core/roles.ts'
import { showDuration, showNumberOf } from './quantities.ts'
import { clean, paint } from './table.ts'
import type { ControlAnswer, ListAnswer, NotDecidingAnswer } from '../services/api/answers.ts'
import type { Terminal } from './terminal.ts'

export type Above = Pick<ListAnswer<unknown>, 'now' | 'controls' | 'notDeciding'>

/** Lines without an end of line; empty when nothing is ordered and somebody decides. */
export const bannerLines = ({ now, controls, notDeciding }: Above, terminal: Terminal): readonly string[] => [
  ...(notDeciding === null ? [] : [paint(clean(`! ${showNotDeciding(notDeciding)} for ${showDuration(now - notDeciding.since)}: ${whyNotDeciding(notDeciding)}`), 'red', terminal)]),
  ...controls.map((control) => {
    const { author, reason, time, untilMs } = control
    const ends = untilMs === null ? '' : `, ends in ${showDuration(untilMs - now)}`
    const line = clean(`! ${showControl(control)} since ${showDuration(now - time)} by ${author}: ${reason}${ends}`)
    return paint(line, control.control === 'manual-scale' ? 'yellow' : 'red', terminal)
  }),
]

/** `kill-switch on for fleet`, `manual-scale 3P+6D for service/chat-70b`. */
export const showControl = ({ scope, control, value, prefill, decode }: ControlAnswer): string => `${control} ${prefill === null || decode === null ? value : showCounts({ prefill, decode })} for ${scope}`

/** `nobody decides for chat-70b and 2 others`. */
export const showNotDeciding = ({ services }: NotDecidingAnswer): string =>
  `nobody decides for ${services[0] ?? 'any service'}${services.length > 1 ? ` and ${showNumberOf(services.length - 1, 'other')}` : ''}`

/** Who ticked last comes first: a narrow screen keeps it. */
export const whyNotDeciding = ({ partitions, lastOwners }: NotDecidingAnswer): string => {
  const who = lastOwners.length === 0 ? 'no tick was heard since the API started' : `last ticked by ${lastOwners.join(', ')}`
  return `${who}; silent: ${partitions.map((partition) => `signals/${partition}`).join(', ')}; counts stay`
}
