/**
 * S12, static (docs/invariants.md): ∀ t in which a part of the control plane was down (nemesis `down`): no effect of ours that needs that part.
 *  - Temporal, the orchestrator, or all: no write at all, whatever it is. Calls under way when it went down may still land: within `callMs`, and
 *    later only where a fault held that sub-cluster's writes back when the call was made, by no more than it did (`delayed-write`);
 *    or, with Temporal alone away, when an orchestrator that was paused before that goes on: with a task in hand it makes its call then, once, and
 *    the sub-cluster judges it by its key and preconditions like any other;
 *  - Kafka: no forward write, since no orders of operators can be read; undo and registration go on;
 *  - decider, Kafka: nothing is decided on a tick that was appended then.
 * A missing collector is S6's matter: old evidence takes nothing away. And always: no gate of a ready instance closes and no instance
 * ends but by a write (S2) or towards a registration target that a write set.
 */
import { mayBeCalledBy, writeDelaysOf, type WriteDelay } from './delayed-writes.ts'
import type { NemesisLine, Run, Violation } from './evidence.ts'
import { isOfLog } from './verdict-id.ts'
import type { ScaleDecided } from './records.ts'
import { callMs, isUndo, lineAt, placeOf, type Entry, type GroupView, type View, type Write } from './view.ts'

const stopsEverything = new Set(['temporal', 'orchestrator', 'control-plane'])
const stopsDeciding = new Set(['decider', 'kafka', 'control-plane'])

export const staticStability = (view: View): readonly Violation[] => [
  ...view.evidence.nemesis.filter(({ fault }) => fault === 'down').flatMap((down) => [...effectsDuring(view, down), ...decisionsDuring(view, down)]),
  ...[...view.groups.values()].flatMap(unorderedClosings),
]

const effectsDuring = (view: View, down: NemesisLine): readonly Violation[] => {
  if (!stopsEverything.has(down.target) && down.target !== 'kafka') return []
  const from = down.fromMs + callMs(view.run)
  const held = { delays: writeDelaysOf(view), resumedAt: down.target === 'temporal' ? resumptionsOf(view, down.fromMs) : [] }
  const needsIt = (write: Write): boolean => (down.target !== 'kafka' || !isUndo(write)) && !mayBeCalledBy(held.delays, write, from) && !isCalledAtResumption(view, write, held)
  return view.writes.filter((write) => write.line.time > from && write.line.time <= down.toMs && needsIt(write)).map((write) => ({
    invariant: 'S12', service: write.line.service, detail: `${write.line.key} took effect ${write.line.time - down.fromMs} ms after ${down.target} went down`, at: lineAt(write),
  }))
}

/** When orchestrators went on that had been paused while Temporal was there, and not before it was gone. */
const resumptionsOf = ({ evidence }: View, goneAtMs: number): readonly number[] =>
  evidence.nemesis.filter(({ fault, fromMs, toMs }) => fault === 'pause-orchestrator' && fromMs <= goneAtMs && toMs >= goneAtMs).map(({ toMs }) => toMs)

type Held = { readonly delays: readonly WriteDelay[]; readonly resumedAt: readonly number[] }

const isCalledAtResumption = ({ run }: View, write: Write, { delays, resumedAt }: Held): boolean =>
  resumedAt.some((at) => write.line.time >= at && (write.line.time <= at + callMs(run) || mayBeCalledBy(delays, write, at + callMs(run))))

const decisionsDuring = (view: View, down: NemesisLine): readonly Violation[] => {
  if (!stopsDeciding.has(down.target)) return []
  const from = down.fromMs + callMs(view.run)
  const tickedAt = ({ record }: Entry<ScaleDecided>): number => {
    const tick = isOfLog(view.ticks, record) ? view.ticks.get(record.inputs.partition)?.at.get(record.inputs.tickOffset) : undefined
    return tick === undefined ? record.time : worldTime(view.run, tick.timestampMs)
  }
  // Those of the view's own life of the log: of another one it does not know when their ticks were appended.
  const decisions = [...view.services.values()].flatMap((service) => service.decisions)
  return decisions.filter((decision) => tickedAt(decision) > from && tickedAt(decision) < down.toMs).map((decision) => ({
    invariant: 'S12', service: decision.record.service, detail: `${decision.record.decisionId} was taken on a tick of ${decision.record.time - down.fromMs} ms after ${down.target} went down`, at: placeOf(decision),
  }))
}

/** Of a LogAppendTime, which is the broker's and so the wall's. */
const worldTime = ({ fromMs, wallFromMs = fromMs, speed = 1 }: Run, timestampMs: number): number => fromMs + (timestampMs - wallFromMs) * speed

/** Gates close towards the registration target, and of instances that are ready no more; never below it. */
const unorderedClosings = ({ lines, service }: GroupView): readonly Violation[] => {
  const open = { prefill: new Set<string>(), decode: new Set<string>() }
  const lost = new Set<string>()
  let target = { prefill: 0, decode: 0 }
  let written = false
  return lines.flatMap((placed): Violation[] => {
    const { line } = placed
    if (line.kind === 'written') {
      target = line.targetAfter
      written = true
    }
    if (line.kind === 'phase' && (line.phase === 'failed' || line.phase === 'terminating')) {
      lost.add(line.instance)
      open[line.role].delete(line.instance)
    }
    if (line.kind !== 'gate') return []
    if (line.registered) {
      open[line.role].add(line.instance)
      return []
    }
    const wasOpen = open[line.role].delete(line.instance)
    if (!wasOpen || !written || lost.has(line.instance) || open[line.role].size >= target[line.role]) return []
    return [{ invariant: 'S12', service, detail: `the gate of ${line.instance} was closed below the registration target of ${target[line.role]} ${line.role}`, at: lineAt(placed) }]
  })
}
