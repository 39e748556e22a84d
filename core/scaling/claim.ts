/** Who owns a partition, as its ticks say. Time is an event, and a tick is also the claim of an owner (DESIGN 3.2, 3.4). */
import type { ClockTicked } from '../events/input.ts'
import type { DurationMs, EpochMs } from '../units.ts'

export type Claim = {
  /** Null until the first claim of an empty partition minted it. */
  readonly logId: string | null
  readonly epoch: number
  readonly ownerId: string
  readonly coreHash: string
  /** Whether the log carries scaled world time, as its first claim said; no later tick can change it. */
  readonly simulated: boolean
  /** Time of the claiming tick: warm-up runs from here. */
  readonly ownerSinceMs: EpochMs
  /** Time of the last tick that counted; the partition's present. */
  readonly lastTickMs: EpochMs
}

export const unclaimed: Claim = { logId: null, epoch: 0, ownerId: '', coreHash: '', simulated: false, ownerSinceMs: -1, lastTickMs: -1 }

/** A fast clock must not freeze the next owner: ticks further than this from their LogAppendTime are ignored. */
export const clockToleranceMs: DurationMs = 5_000

/** `claim`: a new owner, nothing is decided. `tick`: time passes and decisions are due. */
export type TickRole = 'ignored' | 'claim' | 'tick'

/**
 * What a tick means to the owner that the log has so far; `appendedAtMs` is the broker's LogAppendTime. A tick that speaks
 * of another kind of time than the log is ignored: one process with a speed set by mistake would else leave the clock
 * check, carry the partition's present far ahead, and freeze every owner after it.
 */
export const roleOf = (claim: Claim, tick: ClockTicked, appendedAtMs: EpochMs): TickRole => {
  if (claim.logId !== null && tick.logId !== claim.logId) return 'ignored'
  if (isOtherTime(claim, tick)) return 'ignored'
  if (tick.time <= claim.lastTickMs) return 'ignored'
  if (!tick.simulated && Math.abs(tick.time - appendedAtMs) > clockToleranceMs) return 'ignored'
  if (tick.epoch > claim.epoch) return 'claim'
  return isOwners(claim, tick) ? 'tick' : 'ignored'
}

/** True for a tick of scaled time in a log of real time, or the reverse. The first claim decides which a log is. */
export const isOtherTime = (claim: Pick<Claim, 'logId' | 'simulated'>, tick: ClockTicked): boolean =>
  claim.logId !== null && tick.simulated !== claim.simulated

/**
 * What time it was when a record was appended: the last tick tells, and in real time its LogAppendTime too, which goes on while nobody
 * ticks. In scaled time only ticks tell, and before the first claim nothing does: -1.
 */
export const presentAt = ({ logId, simulated, lastTickMs }: Claim, appendedAtMs: EpochMs): EpochMs =>
  logId === null || simulated ? lastTickMs : Math.max(lastTickMs, appendedAtMs)

/** Per epoch the first owner in the log counts, and it decides with the code that it claimed with. */
const isOwners = (claim: Claim, tick: ClockTicked): boolean =>
  tick.epoch === claim.epoch && tick.ownerId === claim.ownerId && tick.coreHash === claim.coreHash

/** The claim after a tick that counted. */
export const claimAfter = (claim: Claim, tick: ClockTicked, role: 'claim' | 'tick'): Claim =>
  role === 'tick'
    ? { ...claim, lastTickMs: tick.time }
    : {
        logId: claim.logId ?? tick.logId,
        epoch: tick.epoch,
        ownerId: tick.ownerId,
        coreHash: tick.coreHash,
        simulated: claim.logId === null ? tick.simulated : claim.simulated,
        ownerSinceMs: tick.time,
        lastTickMs: tick.time,
      }
