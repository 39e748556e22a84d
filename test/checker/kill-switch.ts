/**
 * S15, kill switch (docs/invariants.md), sharper than there: ∀ stop in force (kill switch or freeze of the fleet, mode paused or recommend of the
 * service): no forward effect on the service in (ordered + 5 s, released); undo and registration go on. 5 s of wall time are what the
 * order may be old (2 s) and a call may take; what a fault held back on its way to that sub-cluster (`delayed-write`) may land later. And in the log's own order, without clocks: no decision is taken at a tick before which the
 * service's last ControlChanged holds a stop, nor before its first one (CONTROLS_UNKNOWN).
 */
import type { Violation } from './evidence.ts'
import type { ControlSet, ScaleDecided } from './records.ts'
import { mayBeCalledBy, writeDelaysOf, type WriteDelay } from './delayed-writes.ts'
import { callMs, isUndo, lineAt, placeOf, skewMs, type Entry, type ServiceView, type View, type Write } from './view.ts'

export const killSwitch = (view: View): readonly Violation[] => [
  ...[...view.services.values()].flatMap((service) => service.decisions.flatMap((decision) => ofDecision(service, decision))),
  ...underStop(view),
]

const underStop = (view: View): readonly Violation[] => {
  const skew = skewMs(view, /orchestrator|sub-cluster|api/)
  const margins = { begin: callMs(view.run) + skew, end: skew, delays: writeDelaysOf(view) }
  return stopsOf(view).flatMap((stop) => view.writes.filter((write) => isUnder(stop, write, margins)).map((write) => ({
    invariant: 'S15', service: write.line.service, detail: `${write.line.key} took effect ${write.line.time - stop.fromMs} ms after ${stop.what} was ordered`, at: lineAt(write),
  })))
}

type Said = Pick<ControlSet, 'control' | 'value'>

const isStop = ({ control, value }: Said): boolean =>
  ((control === 'kill-switch' || control === 'freeze') && value === 'on') || (control === 'mode' && (value === 'paused' || value === 'recommend'))

const ofDecision = ({ service, controls }: ServiceView, decision: Entry<ScaleDecided>): readonly Violation[] => {
  const { decisionId, inputs, time } = decision.record
  const known = controls.findLast(({ offset }) => offset < inputs.tickOffset)
  const stop = known?.record.directives.find((one) => isStop(one) && (one.untilMs === null || time < one.untilMs))
  if (known !== undefined && stop === undefined) return []
  const detail = stop === undefined ? 'before anybody had said what operators ordered' : `under ${stop.control} ${stop.value}`
  return [{ invariant: 'S15', service, detail: `${decisionId} was taken ${detail}`, at: placeOf(decision) }]
}

type StopInForce = { readonly scope: string; readonly what: string; readonly fromMs: number; readonly toMs: number }

/** Each order stands until the next one of its scope and control, or until it ends by itself. */
const stopsOf = (view: View): readonly StopInForce[] =>
  view.controls.flatMap((order, index): StopInForce[] => {
    const { scope, control, value, untilMs } = order.record
    if (!isStop(order.record)) return []
    const next = view.controls.slice(index + 1).find(({ record }) => record.scope === scope && record.control === control)
    const toMs = Math.min(next === undefined ? Infinity : saidAt(view, next), untilMs ?? Infinity)
    return [{ scope, what: `${control} ${value}`, fromMs: saidAt(view, order), toMs }]
  })

/** An order is there once it was appended. Where topics carry another time than the records, its own time stands for that. */
const saidAt = ({ run }: View, { timestampMs, record }: Entry<ControlSet>): number => ((run.speed ?? 1) === 1 ? Math.max(record.time, timestampMs) : record.time)

type Margins = { readonly begin: number; readonly end: number; readonly delays: readonly WriteDelay[] }

const isUnder = ({ scope, fromMs, toMs }: StopInForce, write: Write, margins: Margins): boolean => {
  const { time, service } = write.line
  if (isUndo(write) || (scope !== 'fleet' && scope !== `service/${service}`)) return false
  return time > fromMs + margins.begin && time < toMs - margins.end && !mayBeCalledBy(margins.delays, write, fromMs + margins.begin)
}
