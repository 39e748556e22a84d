/**
 * What another service file would have asked for over a stretch of history. The recorded input is folded as the decider
 * folded it, and at every evaluation the candidate is asked the same question about the same state. Open loop: the fleet
 * did what was decided then, and does not follow the candidate.
 */
import type { SnapshotTaken } from '../events/decided.ts'
import type { SignalEvent } from '../events/event.ts'
import type { ServiceId } from '../ids.ts'
import { copyHistory } from '../signals/sample.ts'
import { policyHash } from '../service/policy-hash.ts'
import type { ServiceManifest } from '../service/specification.ts'
import { woken } from '../scaling/calm.ts'
import { claimAfter, presentAt, roleOf, unclaimed, type Claim } from '../scaling/claim.ts'
import { evaluate, isDue, type TickContext } from '../scaling/evaluate.ts'
import { evolve } from '../scaling/evolve.ts'
import type { ServiceState } from '../scaling/service-state.ts'
import { readSnapshot } from '../scaling/snapshot-content.ts'
import type { EpochMs, Offset } from '../units.ts'
import { noteEvaluation, openComparison, type DryRunComparison } from './dry-run-comparison.ts'

/** Changed in place, for speed. */
export type DryRun = {
  readonly service: ServiceId
  readonly candidate: ServiceManifest
  readonly partition: number
  /** Evaluations before this are folded, not compared. */
  readonly fromMs: EpochMs
  claim: Claim
  /** The service as it was decided; null while it is not managed. */
  state: ServiceState | null
  /** What the candidate remembers by itself: samples of its own signal and windows, and what it recommended. */
  memory: CandidateMemory | null
  readonly comparison: DryRunComparison
  /** Cores that owned the partition in the window. */
  readonly coreHashes: Set<string>
}

type CandidateMemory = Pick<ServiceState, 'signals' | 'heartbeats' | 'memory'>

export type DryRunPlan = Pick<DryRun, 'service' | 'candidate' | 'partition' | 'fromMs'>

/** Starts from the log's beginning, or from a checkpoint of the service. */
export const openDryRun = (plan: DryRunPlan, checkpoint: SnapshotTaken | null): DryRun => {
  const { claim, state: kept } = checkpoint === null ? { claim: unclaimed, state: null } : readSnapshot(checkpoint.state)
  const state = kept && woken(kept, claim.lastTickMs)
  return { ...plan, claim, state, memory: state && apart(state), comparison: openComparison(), coreHashes: new Set() }
}

type Input = { readonly offset: Offset; readonly appendedAtMs: EpochMs; readonly event: SignalEvent }

/** Folds the next record of the service's partition; records of other services change nothing. */
export const dryRunRecord = (run: DryRun, input: Input): void => {
  const { event } = input
  if (event.type !== 'ClockTicked') return event.service === run.service ? foldInput(run, input, event) : undefined
  const role = roleOf(run.claim, event, input.appendedAtMs)
  if (role === 'ignored') return
  run.claim = claimAfter(run.claim, event, role)
  if (role === 'tick') foldTick(run, input.offset)
}

const foldInput = (run: DryRun, { offset, appendedAtMs }: Input, event: Exclude<SignalEvent, { type: 'ClockTicked' }>): void => {
  const context = { offset, nowMs: run.claim.lastTickMs, presentMs: presentAt(run.claim, appendedAtMs), announce: false }
  const asCandidate = candidateState(run)
  run.state = evolve(run.state, event, context).state
  if (run.state === null) run.memory = null
  // Its own file stays the one that is tried: configurations of that time are the others'.
  else if (event.type !== 'ServiceConfigured') run.memory = asCandidate && evolve(asCandidate, event, context).state
  else run.memory ??= apart(run.state)
}

/** What the candidate remembers has samples of its own, because a fold adds to them in place. */
const apart = (state: ServiceState): ServiceState => ({ ...state, signals: copyHistory(state.signals) })

const foldTick = (run: DryRun, tickOffset: Offset): void => {
  const { claim, partition, state } = run
  const nowMs = claim.lastTickMs
  const asCandidate = candidateState(run)
  if (state === null || asCandidate === null || !isDue(state, nowMs)) return
  // The core that is named takes part in no verdict, only in records that nobody writes here.
  const context: TickContext = { claim, coreHash: claim.coreHash, partition, tickOffset }
  const decided = evaluate(state, context)
  const asked = evaluate(asCandidate, context)
  // Every sample is looked at: what is calm under the file in force need not be so under the candidate.
  run.state = woken(decided.state, nowMs)
  run.memory = { ...asked.state, memory: remembered(decided.state, asked.state) }
  if (nowMs < run.fromMs) return
  run.coreHashes.add(claim.coreHash)
  noteEvaluation(run.comparison, { atMs: nowMs, decided: decided.verdict, asked: asked.verdict })
}

/** The service as it stands, under the candidate. Orders, reports and controls are the real ones. */
const candidateState = ({ state, memory, candidate }: DryRun): ServiceState | null =>
  state &&
  memory && {
    ...state,
    signals: memory.signals,
    heartbeats: memory.heartbeats,
    memory: remembered(state, memory),
    manifest: candidate,
    policyHash: policyHash(candidate),
  }

/** Recommendations are the candidate's own; what was ordered, and when, is what happened. */
const remembered = (real: Pick<ServiceState, 'memory'>, own: Pick<ServiceState, 'memory'>): ServiceState['memory'] => ({
  ...real.memory,
  peaks: own.memory.peaks,
  troughs: own.memory.troughs,
})
