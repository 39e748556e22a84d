/** Who may tick: the rules by which an owner claims a partition, keeps it, and notices that it lost it. */
import type { ClockTicked } from '../../core/events/input.ts'
import { clockToleranceMs, isOtherTime, type Claim } from '../../core/scaling/claim.ts'
import type { DurationMs, EpochMs } from '../../core/units.ts'

/** The claim in force, as far as it matters here. */
export type ClaimInLog = Pick<Claim, 'logId' | 'epoch' | 'ownerId' | 'simulated' | 'lastTickMs'>

/**
 * While a rival's higher claim ticks, this owner is silent. A rival that is silent for so long (wall time, longer than a
 * session's time-out) lost the partition to us: its claim was late.
 */
export const rivalPatienceMs: DurationMs = 15_000

/** True when another owner holds the claim over `epoch`, our own last one. */
export const heldByRival = (claim: ClaimInLog, own: { readonly epoch: number; readonly ownerId: string }): boolean =>
  claim.epoch > own.epoch || (claim.epoch === own.epoch && claim.ownerId !== own.ownerId)

export const ignoredReasons = ['clock-skew', 'other-time', 'superseded', 'other-log', 'time-not-after-last'] as const
export type IgnoredReason = (typeof ignoredReasons)[number]

export type TickReadBack = { readonly tick: ClockTicked; readonly appendedAtMs: EpochMs }

/** Why the fold ignored a tick of ours; null when it took effect. `claim` is the claim after folding it. */
export const whyIgnored = ({ tick, appendedAtMs }: TickReadBack, claim: ClaimInLog): IgnoredReason | null => {
  if (claim.epoch === tick.epoch && claim.ownerId === tick.ownerId && claim.lastTickMs === tick.time) return null
  if (!tick.simulated && Math.abs(tick.time - appendedAtMs) > clockToleranceMs) return 'clock-skew'
  if (claim.logId !== null && claim.logId !== tick.logId) return 'other-log'
  if (isOtherTime(claim, tick)) return 'other-time'
  return heldByRival(claim, tick) ? 'superseded' : 'time-not-after-last'
}

export type ClaimantOptions = {
  readonly ownerId: string
  readonly coreHash: string
  readonly simulated: boolean
  /** Wall milliseconds times the clock's speed. */
  readonly patienceMs: DurationMs
  readonly mintLogId: () => string
}

/** Composes the ticks of one assigned partition. */
export class Claimant {
  private readonly options: ClaimantOptions
  private readonly newLogId: string
  private epoch: number | null = null
  private rivalSeenAt: EpochMs | null = null

  constructor(options: ClaimantOptions) {
    this.options = options
    this.newLogId = options.mintLogId()
  }

  /** The tick to send now, a claim of the next epoch when none is ours; null while a rival holds the partition. */
  nextTick(time: EpochMs, claim: ClaimInLog, decidedThrough: number): ClockTicked | null {
    const { ownerId, coreHash, simulated, patienceMs } = this.options
    if (this.rivalSeenAt !== null && time - this.rivalSeenAt < patienceMs) return null
    this.rivalSeenAt = null
    this.epoch ??= claim.epoch + 1
    const logId = claim.logId ?? this.newLogId
    return { type: 'ClockTicked', logId, epoch: this.epoch, ownerId, coreHash, decidedThrough, simulated, time }
  }

  /** True when the claim in force is ours: we speak for the partition. */
  holds(claim: ClaimInLog): boolean {
    return claim.ownerId === this.options.ownerId && claim.epoch === this.epoch
  }

  isOwn(tick: ClockTicked): boolean {
    return tick.ownerId === this.options.ownerId && tick.epoch === this.epoch
  }

  /** Call after each folded tick. True when a rival has just taken the partition from us. */
  noteTick(claim: ClaimInLog, now: EpochMs): boolean {
    const { ownerId } = this.options
    const lost = this.epoch !== null && heldByRival(claim, { epoch: this.epoch, ownerId })
    if (lost || this.rivalSeenAt !== null) this.rivalSeenAt = now
    if (lost) this.epoch = null
    return lost
  }
}
