/**
 * The owner of one partition of `signals`: folds what it reads, writes what the fold emits, keeps snapshots, ticks.
 * It acts only on records that it read back, so two owners at once write the same bytes.
 */
import type { Appender, Clock, Logger, LogRecord, OutRecord, RecordBatch } from '../../core/ports.ts'
import type { ClockTicked } from '../../core/events/input.ts'
import type { SignalEvent } from '../../core/events/event.ts'
import type { DurationMs, EpochMs, Offset } from '../../core/units.ts'
import { checkpointIntervalMs } from '../../core/audit/checkpoints.ts'
import type { Engine } from '../../core/audit/engine.ts'
import { claimOf, servicesOf, type Emitted, type PartitionState } from '../../core/scaling/partition.ts'
import { Announcer } from './announcer.ts'
import { Claimant, rivalPatienceMs, whyIgnored } from './claim.ts'
import type { OwnTick } from './clock-trust.ts'
import type { FollowedControls } from './controls.ts'
import { countOutputs, forgetServices, type DeciderMetrics } from './metrics.ts'
import { appendAll, toOutRecords } from './outputs.ts'
import type { Restored } from './restore.ts'
import { Ticker } from './ticker.ts'
import { dueRecords, noteKept, openUpkeep, type Upkeep } from './upkeep.ts'

export type OwnerOptions = {
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: DeciderMetrics
  readonly controls: FollowedControls
  /** Decisions, intents, snapshots, checkpoints, and what `signals` is told of controls. */
  readonly outputs: Appender
  /** A producer of their own, so that a tick does not wait behind a thousand decisions. */
  readonly ticks: Appender
  readonly coreHash: string
  /** The code that `coreHash` names: it decides, whatever core this file was compiled with. */
  readonly engine: Engine
  readonly ownerId: string
  /** True on topics in scaled world time. */
  readonly simulated: boolean
  readonly tickMs: DurationMs
  readonly snapshotIntervalMs: DurationMs
  readonly mintLogId: () => string
  /** Called for each tick of ours that was read back. */
  readonly onOwnTick: (tick: OwnTick) => void
}

export class PartitionOwner {
  readonly partition: number
  private readonly options: OwnerOptions
  private readonly restored: Restored
  private readonly state: PartitionState
  private readonly claimant: Claimant
  private readonly announcer: Announcer
  private readonly ticker: Ticker
  private readonly snapshots: Upkeep
  private readonly checkpoints: Upkeep
  /** Next record to fold. */
  private position: Offset
  /** Outputs and snapshots of all input up to here are acknowledged; a restore relies on what a tick says of it. */
  private decidedThrough: Offset = -1
  /** Emitted and not acknowledged yet; survives a failed append, because the fold is not done twice. */
  private pending: Emitted[] = []
  private claimCheckpoints: OutRecord[] = []
  private ownTicks: EpochMs[] = []
  /** A tick of ours, or a service's configuration, was folded since the controls were last compared. */
  private shouldCompareControls = false
  private stopped = false

  constructor(partition: number, restored: Restored, options: OwnerOptions) {
    const { clock, engine, tickMs, snapshotIntervalMs, metrics } = options
    this.partition = partition
    this.options = options
    this.restored = restored
    this.state = restored.state
    this.position = restored.from
    this.snapshots = openUpkeep('snapshots', { engine, intervalMs: snapshotIntervalMs }, restored.snapshots)
    this.checkpoints = openUpkeep('checkpoints', { engine, intervalMs: checkpointIntervalMs })
    this.claimant = new Claimant({ ...options, patienceMs: rivalPatienceMs * clock.speed })
    this.announcer = new Announcer(options)
    this.ticker = new Ticker({
      clock,
      periodMs: tickMs,
      send: (time) => this.sendTick(time),
      onSkipped: () => metrics.ticksSkipped.inc(),
      onFailed: (error) => options.log.warn({ partition, err: error }, 'E_TICK a tick could not be appended; the next one follows'),
    })
  }

  /** Everything that the partition held at the assignment is folded. */
  caughtUp(): boolean {
    return this.position >= this.restored.end
  }

  /** Stops ticking at once. A batch in progress may finish: what it writes is what the next owner writes. */
  stop(): void {
    this.stopped = true
    this.ticker.stop()
    const { metrics } = this.options
    forgetServices(metrics, servicesOf(this.state))
    for (const gauge of [metrics.lagRecords, metrics.services, metrics.tickSkewSeconds, metrics.tickPeriodSeconds, metrics.owner])
      gauge.remove({ partition: this.partition })
  }

  /** Folds, writes, keeps, and says what to commit. Throws the log's port errors; the batch may then be given again. */
  async batch({ records, endOffset }: RecordBatch): Promise<Offset | null> {
    const stopTimer = this.options.metrics.foldSeconds.startTimer()
    for (const record of records) if (record.offset >= this.position) this.fold(record)
    stopTimer()
    if (this.shouldCompareControls) this.announceControls()
    await this.writeOutputs()
    const commit = await this.keepUp()
    if (commit !== null) this.decidedThrough = commit - 1
    for (const time of this.ownTicks.splice(0)) this.ticker.readBack(time)
    this.showProgress(endOffset)
    return commit
  }

  /** Tells the fold what operators have ordered, where it lacks it and the claim is ours. */
  announceControls(): void {
    if (this.stopped || !this.caughtUp() || !this.claimant.holds(claimOf(this.state))) return
    this.shouldCompareControls = false
    this.options.controls.show()
    this.announcer.announce(this.state)
  }

  private sendTick(time: EpochMs): Promise<unknown> | null {
    const tick = this.caughtUp() ? this.claimant.nextTick(time, claimOf(this.state), this.decidedThrough) : null
    if (tick === null) return null
    return this.options.ticks.append([{ topic: 'signals', key: null, partition: this.partition, event: tick }])
  }

  private fold(record: LogRecord): void {
    this.position = record.offset + 1
    if (record.event === null) return
    const event = record.event as SignalEvent // the log admits nothing else on this topic
    const before = event.type === 'ClockTicked' ? claimOf(this.state) : null
    const emitted = this.options.engine.foldRecord(this.state, { offset: record.offset, appendedAtMs: record.appendedAtMs, event })
    if (record.offset >= this.restored.committed) this.pending.push(...emitted)
    if (event.type === 'ClockTicked' && before !== null) this.noteTick(event, record, before)
    if (event.type === 'ControlChanged') this.announcer.readBack(event)
    if (event.type === 'ServiceConfigured') this.shouldCompareControls = true
  }

  private noteTick(tick: ClockTicked, { appendedAtMs }: LogRecord, before: ReturnType<typeof claimOf>): void {
    const { clock, log, metrics, onOwnTick } = this.options
    const { partition } = this
    const claim = claimOf(this.state)
    if (claim.epoch > before.epoch) this.noteClaim(claim)
    if (claim.lastTickMs > before.lastTickMs && before.lastTickMs > 0)
      metrics.tickPeriodSeconds.set({ partition }, (claim.lastTickMs - before.lastTickMs) / 1000)
    if (!tick.simulated) metrics.tickSkewSeconds.set({ partition }, (appendedAtMs - tick.time) / 1000)
    // Whatever its epoch: one that a rival's claim overtook is ours no more, yet the ticker waits until it has come back.
    if (tick.ownerId === this.options.ownerId) this.ownTicks.push(tick.time)
    if (this.claimant.isOwn(tick)) {
      this.shouldCompareControls = true
      onOwnTick({ partition, time: tick.time, ignored: whyIgnored({ tick, appendedAtMs }, claim) })
    }
    if (this.claimant.noteTick(claim, clock.now()))
      log.warn({ partition, epoch: claim.epoch, ownerId: claim.ownerId }, 'another owner claimed the partition; it ticks no more here')
  }

  /** A version that takes over leaves every service's state at its claim, so that earlier input need not be folded by it. */
  private noteClaim(claim: ReturnType<typeof claimOf>): void {
    const { coreHash, ownerId, log } = this.options
    if (claim.coreHash !== coreHash || claim.ownerId !== ownerId) return
    log.info({ partition: this.partition, epoch: claim.epoch, logId: claim.logId }, 'claimed the partition')
    this.claimCheckpoints.push(...dueRecords(this.checkpoints, this.state, claim.lastTickMs))
    noteKept(this.checkpoints, this.claimCheckpoints, claim.lastTickMs)
  }

  private async writeOutputs(): Promise<void> {
    await appendAll(this.options.outputs, toOutRecords(this.pending))
    countOutputs(this.options.metrics, this.pending)
    this.pending = []
  }

  /** Snapshots and checkpoints, then the offset to commit. Null where an earlier owner or another version has the word. */
  private async keepUp(): Promise<Offset | null> {
    const claim = claimOf(this.state)
    const speaks = claim.logId !== null && claim.coreHash === this.options.coreHash
    if (!speaks || this.position <= this.restored.committed) return null
    const now = claim.lastTickMs
    const due = [...dueRecords(this.snapshots, this.state, now), ...dueRecords(this.checkpoints, this.state, now)]
    await appendAll(this.options.outputs, [...this.claimCheckpoints, ...due])
    this.claimCheckpoints = []
    noteKept(this.snapshots, due, now)
    noteKept(this.checkpoints, due, now)
    return this.position
  }

  private showProgress(endOffset: Offset): void {
    const { metrics } = this.options
    const { partition } = this
    if (this.stopped) return
    metrics.lagRecords.set({ partition }, Math.max(0, endOffset - this.position))
    metrics.services.set({ partition }, servicesOf(this.state).length)
    metrics.owner.set({ partition }, this.claimant.holds(claimOf(this.state)) ? 1 : 0)
  }
}
