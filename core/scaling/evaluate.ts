/** One service at one tick: forget what is old, settle what stands, decide, and write it down. */
import type { IntentExpired } from '../events/decided.ts'
import type { DisaggregatedServiceSpec, ServiceManifest } from '../service/specification.ts'
import { dropHeartbeatsBefore } from '../signals/heartbeat.ts'
import { dropEmptyViewsBefore } from '../signals/instances.ts'
import { queueWindowMs } from '../signals/queue-evidence.ts'
import { forgetSamples, lastWindowEnd, nextWindowEnd, samplesUntil } from '../signals/sample.ts'
import type { DurationMs, EpochMs, Offset } from '../units.ts'
import { secondsToMs } from '../units.ts'
import type { DecisionArgument } from './argument.ts'
import type { Claim } from './claim.ts'
import { calmAfter } from './calm.ts'
import { conditionsAfter } from './conditions.ts'
import { accepted } from './configure.ts'
import { noteStop } from './controls.ts'
import { decide } from './decide.ts'
import type { Emitted } from './emitted.ts'
import { abandonedAt } from './intents.ts'
import type { OpenIntent } from './intents.ts'
import { latenessMs } from './lateness.ts'
import { rememberRecommendation } from './memory.ts'
import type { ScalingMemory } from './memory.ts'
import { recordVerdict } from './record.ts'
import { budgetSamples } from './sample-budget.ts'
import { copyOf } from './service-state.ts'
import type { ServiceState } from './service-state.ts'
import { abandon, adoptionAt, presentTarget, settle } from './settle.ts'
import { stabilisationWindows } from './stabilisation.ts'
import type { Verdict } from './verdict.ts'

export type TickContext = {
  readonly claim: Claim
  readonly coreHash: string
  readonly partition: number
  readonly tickOffset: Offset
}

/** `verdict`: what the records were made from, for whoever asks "what if" and writes no records. */
export type Evaluated = { readonly state: ServiceState; readonly emitted: readonly Emitted[]; readonly verdict: Verdict }

/** Only services with new input, or with a timer that ran out, are evaluated. */
export const isDue = (state: ServiceState, nowMs: EpochMs): boolean =>
  state.hasNewInput || (state.recheckAtMs !== null && state.recheckAtMs <= nowMs)

export const evaluate = (before: ServiceState, context: TickContext): Evaluated => {
  const nowMs = context.claim.lastTickMs
  const { state: open, abandoned } = abandon(noteStop(forget(rememberCalm(before, nowMs), nowMs), nowMs), nowMs)
  const state = rememberPresent(before, settle(open, nowMs), nowMs)
  const argument = argumentOf(state, context)
  const verdict = decide(argument)
  const recorded = recordVerdict(state, argument, verdict)
  const next = looked(recorded.state, { verdict, nowMs, isAdopted: isAdopted(before, state) })
  const announced = state.unannounced || next.conditions !== state.conditions ? [accepted(next, nowMs)] : []
  return { state: next, emitted: [...abandoned.map((intent) => expired(state, intent, nowMs)), ...recorded.emitted, ...announced], verdict }
}

type Look = { readonly verdict: Verdict; readonly nowMs: EpochMs; readonly isAdopted: boolean }

/** The state after everything was looked at: what is remembered of the verdict, and when to look again. */
const looked = (state: ServiceState, look: Look): ServiceState => {
  const next = copyOf(state)
  next.hasNewInput = false
  next.unannounced = false
  next.memory = memoryAfter(state, look)
  next.conditions = conditionsAfter(state, look.verdict, look.nowMs)
  next.calm = calmAfter(state, look.verdict, look.nowMs)
  next.recheckAtMs = recheckAt(next, look.verdict, look.nowMs)
  return next
}

/**
 * Samples that were not looked at recommended the same, for as long as they came: no stabilisation window may forget that. To be asked before
 * samples are forgotten: after minutes without a tick the last one that was inside its bounds is among those that go.
 */
const rememberCalm = (state: ServiceState, nowMs: EpochMs): ServiceState => {
  const { calm, memory, manifest, signals } = state
  const atMs = calm === null ? null : lastWindowEnd(signals, Math.min(nowMs - latenessMs, (calm.stirredAtMs ?? Infinity) - 1))
  if (calm === null || atMs === null) return state
  const next = copyOf(state)
  next.memory = rememberRecommendation(memory, { atMs, counts: calm.recommended }, stabilisationWindows(manifest))
  return next
}

/**
 * What stands counts as recommended, for the first look too, when it was adopted just now or when nothing was recommended for longer than
 * evidence stays fresh: nobody knows what the load asked for meanwhile, so less must be earned by a whole window. (HPA begins its windows so.)
 */
const rememberPresent = (before: ServiceState, state: ServiceState, nowMs: EpochMs): ServiceState => {
  const atMs = isAdopted(before, state) && isHeard(state, nowMs) ? nowMs - latenessMs : heardAgainAt(state, nowMs)
  const counts = atMs === null ? null : presentTarget(state)
  if (atMs === null || counts === null) return state
  const next = copyOf(state)
  const { peaks } = rememberRecommendation(state.memory, { atMs, counts }, stabilisationWindows(state.manifest))
  next.memory = { ...state.memory, peaks }
  return next
}

/** When evidence ends that came after a gap in what is remembered; null without a gap, and while there is no evidence. */
const heardAgainAt = ({ signals, memory: { peaks }, manifest }: ServiceState, nowMs: EpochMs): EpochMs | null => {
  const endMs = lastWindowEnd(signals, nowMs - latenessMs)
  const lastMs = peaks.decode.at(-1)?.atMs ?? -Infinity
  return endMs !== null && endMs - lastMs > staleAfterMs(manifest) ? endMs : null
}

const isHeard = ({ signals, manifest }: ServiceState, nowMs: EpochMs): boolean =>
  nowMs - (lastWindowEnd(signals, nowMs - latenessMs) ?? -Infinity) <= staleAfterMs(manifest)

const staleAfterMs = ({ spec }: ServiceManifest): DurationMs => secondsToMs(spec.evidence.staleAfterSeconds)

/** Drops samples and reports that no rule looks at any more. */
const forget = (state: ServiceState, nowMs: EpochMs): ServiceState => {
  const { spec } = state.manifest
  const before = nowMs - 2 * longestWindow(spec)
  const next = copyOf(state)
  next.signals = budgetSamples(forgetSamples(state.signals, before), { spec, horizon: nowMs - latenessMs })
  next.heartbeats = dropHeartbeatsBefore(state.heartbeats, before)
  next.instances = dropEmptyViewsBefore(state.instances, before)
  return next
}

/** The longest stretch of time that any rule looks at. */
const longestWindow = ({ policies, evidence }: DisaggregatedServiceSpec): DurationMs => {
  const { proportional, latencyGuard } = policies
  const seconds = Math.max(proportional.windowSeconds, latencyGuard.windowSeconds, evidence.staleAfterSeconds)
  return Math.max(secondsToMs(seconds), queueWindowMs) + latenessMs
}

const argumentOf = (state: ServiceState, { claim, coreHash, partition, tickOffset }: TickContext): DecisionArgument => ({
  service: state.service,
  tick: { logId: claim.logId ?? '', partition, offset: tickOffset },
  coreHash,
  nowMs: claim.lastTickMs,
  horizonMs: claim.lastTickMs - latenessMs,
  ownerSinceMs: claim.ownerSinceMs,
  spec: state.manifest.spec,
  signals: samplesUntil(state.signals, claim.lastTickMs - latenessMs),
  heartbeats: state.heartbeats,
  instances: state.instances,
  current: presentTarget(state),
  ordersUnderWay: state.openIntents.map(({ sequence, kind, target, emittedAtMs }) => ({ sequence, kind, target, emittedAtMs })),
  memory: state.memory,
  controls: state.controls?.directives ?? null,
})

/**
 * Feeds the stabilisation windows. What is recommended is remembered under the end of its evidence and not under the time of the look, so that
 * they hold the same however often somebody looked; what is recommended without fresh evidence makes no gap in it shorter.
 */
const memoryAfter = (state: ServiceState, { verdict, nowMs, isAdopted: fresh }: Look): ScalingMemory => {
  const { memory, manifest, signals } = state
  if (!verdict.recommended || !verdict.current) return memory
  const horizonMs = nowMs - latenessMs
  const mark = fresh ? { atMs: horizonMs, counts: verdict.current } : { atMs: lastWindowEnd(signals, horizonMs) ?? horizonMs, counts: verdict.recommended }
  const next = rememberRecommendation(memory, mark, stabilisationWindows(manifest))
  return isHeard(state, nowMs) ? next : { ...next, peaks: memory.peaks }
}

const isAdopted = (before: ServiceState, state: ServiceState): boolean =>
  state.settled !== null && state.settled !== before.settled

const expired = ({ service }: ServiceState, intent: OpenIntent, time: EpochMs): Emitted => {
  const detail = `no report since ${intent.reportedAtMs ?? intent.emittedAtMs}; it expired at ${intent.expiresAtMs}; it counts as lost now`
  const event: IntentExpired = { type: 'IntentExpired', service, intentId: intent.intentId, sequence: intent.sequence, detail, time }
  return { topic: 'rollouts', key: service, event }
}

/** The earliest moment at which another verdict is possible without new input; a calm service's sources are looked after by themselves. */
const recheckAt = (state: ServiceState, verdict: Verdict, nowMs: EpochMs): EpochMs | null => {
  let soonest = Infinity
  const note = (atMs: EpochMs | null): void => {
    if (atMs !== null && atMs > nowMs) soonest = Math.min(soonest, atMs)
  }
  for (const { untilMs } of state.controls?.directives ?? []) note(untilMs)
  for (const intent of state.openIntents) note(abandonedAt(intent, state.stoppedAtMs))
  if (state.calm === null) noteUnrest(state, verdict, { nowMs, note })
  else note(state.calm.untilMs)
  return soonest === Infinity ? null : soonest
}

const noteUnrest = (state: ServiceState, verdict: Verdict, { nowMs, note }: { nowMs: EpochMs; note: (atMs: EpochMs | null) => void }): void => {
  const pending = nextWindowEnd(state.signals, nowMs - latenessMs)
  note(verdict.recheckAtMs)
  note(pending === null ? null : pending + latenessMs)
  note(adoptionAt(state))
}
