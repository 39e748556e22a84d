/**
 * The decider's life in its group: joins, owns partitions, and leaves when its clock cannot be trusted, so that another
 * member decides for them. It comes back when the clock agrees with the broker's again.
 */
import type { EventLog, Subscription } from '../../core/ports.ts'
import { clockToleranceMs } from '../../core/scaling/claim.ts'
import type { IgnoredReason } from './claim.ts'
import { ownPartitions, type OwnedPartitions } from './group.ts'
import type { OwnerOptions } from './owner.ts'
import { followSnapshots, type Standby } from './standby.ts'

export type DeciderOptions = Omit<OwnerOptions, 'outputs' | 'ticks' | 'onOwnTick'> & {
  readonly eventLog: EventLog
  /** Consumer group of all deciders. */
  readonly group: string
}

export type Decider = {
  /** In the group, trusted, and every own partition read to its end. */
  ready(): boolean
  /** Rejects when the consumer or the standby died for good. */
  readonly died: Promise<never>
  stop(): Promise<void>
}

/** One ignored tick may be a hiccup of the broker; three in a row are a wrong clock. */
const TICKS_UNTIL_WITHDRAWAL = 3
/** Wall time between two looks at the broker's clock while withdrawn. */
const RECHECK_MS = 10_000

export const startDecider = async (options: DeciderOptions): Promise<Decider> => {
  const standby = await followSnapshots(options.eventLog)
  const outputs = await options.eventLog.appender()
  const ticks = await options.eventLog.appender()
  const membership = new Membership(options, standby, { outputs, ticks })
  await membership.join()
  return {
    ready: () => membership.ready(),
    died: membership.died,
    stop: async () => {
      await membership.leave()
      await standby.close()
      await outputs.close()
      await ticks.close()
    },
  }
}

class Membership {
  readonly died: Promise<never>
  private readonly options: DeciderOptions
  private readonly owned: OwnedPartitions
  private subscription: Subscription | null = null
  private skewedTicks = 0
  private stopped = false
  private die: (error: unknown) => void = () => undefined

  constructor(options: DeciderOptions, standby: Standby, appenders: Pick<OwnerOptions, 'outputs' | 'ticks'>) {
    const onOwnTick = (ignored: IgnoredReason | null) => this.noteOwnTick(ignored)
    this.options = options
    this.owned = ownPartitions({ ...options, standby }, { ...options, ...appenders, onOwnTick }, options.log)
    this.died = new Promise<never>((_resolve, reject) => (this.die = reject))
    this.died.catch(() => undefined) // whoever runs the decider races on `died`; until then it must not be unhandled
    standby.died.catch((error: unknown) => this.end(error))
  }

  async join(): Promise<void> {
    const { eventLog, group } = this.options
    const subscription = await eventLog.join({ group, topic: 'signals', handler: this.owned.handler })
    this.skewedTicks = 0
    this.subscription = subscription
    subscription.died.catch((error: unknown) => this.end(error))
  }

  ready(): boolean {
    return !this.stopped && this.subscription !== null && this.skewedTicks === 0 && this.owned.caughtUp()
  }

  async leave(): Promise<void> {
    this.stopped = true
    this.owned.stop()
    await this.subscription?.close()
    this.subscription = null
  }

  private noteOwnTick(ignored: IgnoredReason | null): void {
    if (ignored !== null) this.options.metrics.ticksIgnored.inc({ reason: ignored })
    this.skewedTicks = ignored === 'clock-skew' ? this.skewedTicks + 1 : ignored === null ? 0 : this.skewedTicks
    if (ignored === 'clock-skew' && this.skewedTicks === TICKS_UNTIL_WITHDRAWAL)
      this.withdraw().catch((error: unknown) => this.end(error))
  }

  private end(error: unknown): void {
    this.stopped = true
    this.owned.stop()
    this.die(error)
  }

  /** Not awaited by the batch that found out: closing the subscription waits for that batch. */
  private async withdraw(): Promise<void> {
    const { log, ownerId } = this.options
    log.error(
      { ownerId, code: 'E_CLOCK' },
      `E_CLOCK decider: got ${TICKS_UNTIL_WITHDRAWAL} ticks more than ${clockToleranceMs} ms off the broker's clock; allowed: within ` +
        `${clockToleranceMs} ms; it leaves its partitions to other members until the clocks agree`,
    )
    const { subscription } = this
    this.subscription = null
    this.owned.stop()
    await subscription?.close()
    while (!this.stopped && !(await this.clockAgrees())) await this.options.clock.sleep(RECHECK_MS * this.options.clock.speed)
    if (this.stopped) return
    log.info({ ownerId }, 'the clocks agree again; joining')
    await this.join()
  }

  /** The newest record of `signals` tells the broker's time: other owners tick every second. */
  private async clockAgrees(): Promise<boolean> {
    const { eventLog, clock } = this.options
    const appended: number[] = []
    for (const { partition, start, end } of await eventLog.bounds('signals'))
      for await (const record of eventLog.read({ topic: 'signals', partition, from: Math.max(start, end - 1), to: end }))
        appended.push(record.appendedAtMs)
    return Math.abs(clock.now() - Math.max(...appended)) <= clockToleranceMs
  }
}
