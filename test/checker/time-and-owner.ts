/**
 * S22, time (docs/invariants.md): a verdict's time is that of a tick that counts, of the owner and of the code that owned the partition then; no
 * verdict is taken on a claim or on a tick that nobody heeds. Ticks that count rise in time and stay within 5 s of their LogAppendTime
 * (ticks.ts); the verdicts of a service rise with them.
 * b) warm-up: dec(d) ⇒ d.now − ownerSince(d) ≥ max(warmupSeconds, stabilisation window of scaleDown), from the claims in the log.
 * A late tick is skipped and never queued: ticks of one owner that count are at least half a period apart, so no outage is followed by a burst;
 * and of all that it ever sent, heeded or not, none was made before the one before it was in the log. Save where it has the partition anew: a
 * process that lost it and got it back at once does not wait for the last tick of its former ownership, which may be on its way still. It then
 * asks for it with a higher epoch, or its own claim still stands and its ticks come at another beat.
 */
import type { Violation } from './evidence.ts'
import { isOfThisLog } from './no-lost-input.ts'
import { takesAway } from './scale-in-evidence.ts'
import type { Tick, TickEntry } from './ticks.ts'
import { configurationAt, placeOf, skewMs, type ServiceView, type Verdict, type View } from './view.ts'

export const timeAndOwner = (view: View): readonly Violation[] => [
  ...[...view.services.values()].flatMap((service) => [...service.decisions, ...service.holds].filter((verdict) => isOfThisLog(view, verdict)).flatMap((verdict) => ofVerdict(view, service, verdict))),
  ...[...view.ticks].flatMap(([partition, { counted, all }]) => [...burst(view, partition, counted), ...queued(view, partition, all)]),
]

const ofVerdict = (view: View, service: ServiceView, verdict: Verdict): readonly Violation[] => {
  const { decisionId, inputs, time, coreHash } = verdict.record
  const violate = (detail: string): readonly Violation[] => [{ invariant: 'S22', service: service.service, detail: `${decisionId} ${detail}`, at: placeOf(verdict) }]
  const tick = view.ticks.get(inputs.partition)?.at.get(inputs.tickOffset)
  if (tick === undefined) return violate(`was taken at signals/${inputs.partition}@${inputs.tickOffset}, where no tick counts`)
  if (tick.isClaim) return violate(`was taken on the claim of ${tick.ownerId}`)
  if (tick.time !== time) return violate(`says ${time}; its tick says ${tick.time}`)
  if (tick.coreHash !== coreHash) return violate(`was taken by core ${coreHash}; ${tick.coreHash} owned the partition`)
  return violateWarmUp(service, verdict, tick).flatMap(violate)
}

const violateWarmUp = (service: ServiceView, { record }: Verdict, tick: Tick): readonly string[] => {
  if (!('to' in record) || !takesAway(record)) return []
  const spec = configurationAt(service, record.inputs.tickOffset)?.spec
  if (spec === undefined) return []
  const warmUpMs = 1_000 * Math.max(spec.warmupSeconds, spec.behavior.scaleDown.stabilizationWindowSeconds)
  const ownedMs = tick.time - tick.ownerSinceMs
  return ownedMs >= warmUpMs ? [] : [`takes something away ${ownedMs} ms after its owner's claim; warm-up is ${warmUpMs} ms`]
}

const burst = ({ run }: View, partition: number, ticks: readonly Tick[]): readonly Violation[] =>
  ticks.flatMap((tick, index): Violation[] => {
    const before = ticks[index - 1]
    if (before === undefined || tick.isClaim || before.isClaim || tick.time - before.time >= run.tickMs / 2) return []
    return [{ invariant: 'S22', service: '', detail: `ticks of ${tick.ownerId} at ${before.offset} and ${tick.offset} are ${tick.time - before.time} ms apart; the period is ${run.tickMs} ms`, at: `signals/${partition}@${tick.offset}` }]
  })

/** As far as clocks may differ. */
const queued = (view: View, partition: number, all: readonly TickEntry[]): readonly Violation[] =>
  byOwner(all).flatMap((sent) => sent.flatMap(({ record, offset }, index): readonly Violation[] => {
    const before = sent[index - 1]
    const earlyMs = before === undefined ? 0 : before.timestampMs - record.time
    if (before === undefined || earlyMs <= skewMs(view) || asksAnew(sent, record) || isCountedAnew(view, before.record, record)) return []
    return [{ invariant: 'S22', service: '', detail: `the tick of ${record.ownerId} at ${offset} was made ${earlyMs} ms before its tick at ${before.offset} was in the log`, at: `signals/${partition}@${offset}` }]
  }))

/** Nothing of its epoch was in the log when it was made, so that its maker cannot have read a claim of its own back. */
const asksAnew = (sent: readonly TickEntry[], { epoch, time }: TickEntry['record']): boolean =>
  !sent.some((other) => other.record.epoch === epoch && other.timestampMs < time)

/** Its maker counts its periods from another moment: it got the partition back under its own claim, and what it had sent before is none of its ticks now. A queue keeps the beat. */
const isCountedAnew = ({ run }: View, before: TickEntry['record'], { time }: TickEntry['record']): boolean => {
  const offBeatMs = (time - before.time) % run.tickMs
  return Math.min(offBeatMs, run.tickMs - offBeatMs) > run.tickMs / 100
}

/** In the order of the log, each tick where it stands first: a broker may repeat what it was sent. Those of epoch 0 ask it for its time, beside all others. */
const byOwner = (all: readonly TickEntry[]): readonly (readonly TickEntry[])[] => {
  const owners = new Map<string, Map<number, TickEntry>>()
  for (const entry of all) {
    const { ownerId, epoch, time } = entry.record
    if (epoch === 0) continue
    const sent = owners.get(ownerId) ?? new Map<number, TickEntry>()
    owners.set(ownerId, sent)
    if (!sent.has(time)) sent.set(time, entry)
  }
  return [...owners.values()].map((sent) => [...sent.values()])
}
