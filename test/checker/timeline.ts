/** How one group stood after each line of its change log: counted once, line by line. */
import type { Counts, Role } from './evidence.ts'
import type { GroupView } from './view.ts'

export type Moment = { readonly time: number; readonly scheduled: Counts; readonly ready: Counts; readonly registered: Counts; readonly terminating: number }

type Member = { readonly role: Role; readonly phase: string; readonly hasNode: boolean; readonly registered: boolean }

export const timelineOf = ({ lines }: GroupView): readonly Moment[] => {
  const members = new Map<string, Member>()
  const moments: Moment[] = []
  let now: Moment = { time: -Infinity, scheduled: none, ready: none, registered: none, terminating: 0 }
  for (const { line } of lines) {
    if (line.kind !== 'phase' && line.kind !== 'gate') continue
    const before = members.get(line.instance)
    const after = line.kind === 'gate' ? before && { ...before, registered: line.registered } : line.phase === 'gone' ? undefined : { role: line.role, phase: line.phase, hasNode: line.node !== null, registered: before?.registered ?? false }
    if (after === undefined) members.delete(line.instance)
    else members.set(line.instance, after)
    now = moved(moved({ ...now, time: line.time }, before, -1), after, 1)
    moments.push(now)
  }
  return moments
}

const none: Counts = { prefill: 0, decode: 0 }

const moved = (moment: Moment, member: Member | undefined, by: 1 | -1): Moment => {
  if (member === undefined) return moment
  const { role, phase, hasNode, registered } = member
  const alive = phase !== 'failed' && phase !== 'terminating'
  const change = (counts: Counts, holds: boolean): Counts => (holds ? { ...counts, [role]: counts[role] + by } : counts)
  return {
    time: moment.time,
    scheduled: change(moment.scheduled, alive && hasNode),
    ready: change(moment.ready, phase === 'ready'),
    registered: change(moment.registered, phase === 'ready' && registered),
    terminating: moment.terminating + (phase === 'terminating' ? by : 0),
  }
}

/** Moments that touch the window: those inside, and the one that it begins with. */
export const momentsIn = (timeline: readonly Moment[], { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): readonly Moment[] => {
  const first = timeline.findLastIndex(({ time }) => time <= fromMs)
  const last = timeline.findLastIndex(({ time }) => time <= toMs)
  return timeline.slice(Math.max(0, first), last + 1)
}
