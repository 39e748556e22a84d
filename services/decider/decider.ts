/**
 * The decider's life in its group: joins, owns partitions, and leaves when its clock cannot be trusted, so that another
 * member decides for them. It comes back when the clock agrees with the broker's again.
 */
import { isPortError } from '../../core/port-error.ts'
import type { EventLog, Subscription } from '../../core/ports.ts'
import { clockToleranceMs } from '../../core/scaling/claim.ts'
import { clockAgrees } from './broker-clock.ts'
import { ClockTrust, ticksUntilWithdrawal, type OwnTick } from './clock-trust.ts'
import { followControls } from './controls.ts'
import { ownPartitions, type OwnedPartitions } from './group.ts'
import type { OwnerOptions } from './owner.ts'
import { followSnapshots, type Standby } from './standby.ts'

export type DeciderOptions = Omit<OwnerOptions, 'controls' | 'outputs' | 'ticks' | 'onOwnTick'> & {
  readonly eventLog: EventLog
  /** Consumer group of all deciders. */
  readonly group: string
}

export type Decider = {
  /** In the group, trusted, and every own partition read to its end. */
  ready(): boolean
  /** Rejects when the consumer, the standby or the follower of controls died for good. */
  readonly died: Promise<never>
  stop(): Promise<void>
}

/** Wall time between two questions to the broker's clock while withdrawn. */
const recheckMs = 10_000

export const startDecider = async (options: DeciderOptions): Promise<Decider> => {
  const standby = await followSnapshots(options.eventLog)
  const controls = await followControls(options)
  const outputs = await options.eventLog.appender()
  const ticks = await options.eventLog.appender()
  const membership = new Membership(options, standby, { controls, outputs, ticks })
  await membership.join()
  return {
    ready: () => membership.ready(),
    died: membership.died,
    stop: async () => {
      await membership.leave()
      await standby.close()
      await controls.close()
      await outputs.close()
      await ticks.close()
    },
  }
}

/** What the owners of all partitions share. */
type Parts = Pick<OwnerOptions, 'controls' | 'outputs' | 'ticks'>

class Membership {
  readonly died: Promise<never>
  private readonly options: DeciderOptions
  private readonly parts: Parts
  private readonly owned: OwnedPartitions
  private readonly trust = new ClockTrust()
  private subscription: Subscription | null = null
  private stopped = false
  private die: (error: unknown) => void = () => undefined

  constructor(options: DeciderOptions, standby: Standby, parts: Parts) {
    const onOwnTick = (tick: OwnTick) => this.noteOwnTick(tick)
    const onRevoked = (partition: number) => this.trust.forget(partition)
    this.options = options
    this.parts = parts
    this.owned = ownPartitions({ ...options, standby }, { ...options, ...parts, onOwnTick }, onRevoked)
    this.died = new Promise<never>((_resolve, reject) => (this.die = reject))
    this.died.catch(() => undefined) // whoever runs the decider races on `died`; until then it must not be unhandled
    for (const { died } of [standby, parts.controls]) died.catch((error: unknown) => this.end(error))
    parts.controls.onChange(() => this.owned.announceControls())
  }

  async join(): Promise<void> {
    const { eventLog, group } = this.options
    this.trust.reset()
    const subscription = await eventLog.join({ group, topic: 'signals', handler: this.owned.handler })
    subscription.died.catch((error: unknown) => this.end(error))
    if (this.stopped) await subscription.close()
    else this.subscription = subscription
  }

  ready(): boolean {
    return !this.stopped && this.subscription !== null && this.trust.unblemished() && this.owned.caughtUp()
  }

  async leave(): Promise<void> {
    this.stopped = true
    this.owned.stop()
    await this.subscription?.close()
    this.subscription = null
  }

  private noteOwnTick(tick: OwnTick): void {
    const { metrics, clock, ownerId } = this.options
    if (tick.ignored === null) metrics.ticks.inc()
    else metrics.ticksIgnored.inc({ reason: tick.ignored })
    if (tick.ignored === 'other-time') this.end(otherTime(ownerId))
    this.trust.note(tick, clock.now())
    if (this.trust.isLost() && this.subscription !== null)
      this.withdraw(this.subscription).catch((error: unknown) => this.end(error))
  }

  private end(error: unknown): void {
    this.stopped = true
    this.owned.stop()
    this.die(error)
  }

  /** Not awaited by the batch that found out: closing the subscription waits for that batch. */
  private async withdraw(subscription: Subscription): Promise<void> {
    const { log, ownerId, clock } = this.options
    log.error(
      { ownerId, code: 'E_CLOCK' },
      `E_CLOCK decider: got ${ticksUntilWithdrawal} ticks in a row more than ${clockToleranceMs} ms off the broker's clock; allowed: ` +
        `within ${clockToleranceMs} ms; it leaves its partitions to other members until the clocks agree`,
    )
    this.subscription = null
    this.owned.stop()
    await subscription.close()
    while (!this.stopped && !(await this.clockAgrees())) await clock.sleep(recheckMs * clock.speed)
    if (this.stopped) return
    log.info({ ownerId }, 'the clocks agree again; joining')
    await this.join()
  }

  /** A broker that is away tells no time: it is asked again. */
  private async clockAgrees(): Promise<boolean> {
    try {
      return await clockAgrees({ ...this.options, ticks: this.parts.ticks })
    } catch (error) {
      if (!isPortError(error, 'unavailable') && !isPortError(error, 'timeout')) throw error
      this.options.log.warn({ err: error }, 'the broker did not tell its time; it is asked again')
      return false
    }
  }
}

/** Unlike a wrong clock this never heals by itself: the process ends, and its partitions go to members that can own them. */
const otherTime = (ownerId: string): Error =>
  new Error(
    `E_CLOCK decider ${ownerId}: got ticks of another kind of time than the log's first claim; allowed: HETEROSCALE_SPEED set for ` +
      'every decider of a log or for none; it stops',
  )
