/**
 * Tells the fold of one partition what operators have ordered: ControlChanged per service, level-triggered. What the fold
 * knows is compared with what is ordered now, so that a lost record, a new service and a new owner need no rule of their own.
 */
import { sameDirectives } from '../../core/controls/controls.ts'
import type { ControlChanged } from '../../core/events/control.ts'
import type { ServiceId } from '../../core/ids.ts'
import type { Appender, Clock, Logger } from '../../core/ports.ts'
import { controlsOf, servicesOf, type PartitionState } from '../../core/scaling/partition.ts'
import type { Offset } from '../../core/units.ts'
import type { FollowedControls } from './controls.ts'

export type AnnouncerOptions = {
  readonly controls: FollowedControls
  readonly clock: Clock
  readonly log: Logger
  readonly outputs: Appender
}

/** Some 400 bytes each with one directive, 2 KB with all: a fleet of 10,000 services takes 50 appends, a broker's batch 1 MB. */
const RECORDS_PER_APPEND = 200

export class Announcer {
  private readonly options: AnnouncerOptions
  /** Appended and not read back yet, with the place in `controls` that it rests on. */
  private readonly inFlight = new Map<ServiceId, Offset>()

  constructor(options: AnnouncerOptions) {
    this.options = options
  }

  /** Appends what the fold lacks; for the owner of the partition only. Not awaited: what fails is found again at the next tick. */
  announce(state: PartitionState): void {
    const controlsEnd = this.options.controls.end()
    const due = servicesOf(state).filter((service) => this.isDue(state, service, controlsEnd))
    if (due.length > 0) void this.append(due, controlsEnd)
  }

  /** Call for each ControlChanged that was folded, whoever wrote it. */
  readBack({ service, controlsEnd }: ControlChanged): void {
    if (controlsEnd >= (this.inFlight.get(service) ?? Infinity)) this.inFlight.delete(service)
  }

  private isDue(state: PartitionState, service: ServiceId, controlsEnd: Offset): boolean {
    const { isKnown, needed } = this.compare(state, service)
    if (controlsEnd >= needed) return !isKnown && this.inFlight.get(service) !== controlsEnd
    // This process is behind another one, or the topic was made again.
    this.options.controls.doubt(() => this.compare(state, service).needed)
    return false
  }

  /** Whether the fold knows what is ordered now, and how much of `controls` one must know to say so, or to tell it. */
  private compare(state: PartitionState, service: ServiceId): { readonly isKnown: boolean; readonly needed: Offset } {
    const known = controlsOf(state, service)
    if (known === null) return { isKnown: false, needed: 0 }
    const isKnown = sameDirectives(known.directives, this.options.controls.directivesFor(service))
    // A fold takes only what rests on more than it knows.
    return { isKnown, needed: known.controlsEnd + (isKnown ? 0 : 1) }
  }

  private async append(services: readonly ServiceId[], controlsEnd: Offset): Promise<void> {
    const { controls, clock, log, outputs } = this.options
    for (const service of services) this.inFlight.set(service, controlsEnd)
    const records = services.map((service): ControlChanged => ({
      type: 'ControlChanged',
      service,
      controlsEnd,
      directives: controls.directivesFor(service),
      time: clock.now(),
    }))
    try {
      for (let start = 0; start < records.length; start += RECORDS_PER_APPEND)
        await outputs.append(records.slice(start, start + RECORDS_PER_APPEND).map((event) => ({ topic: 'signals', key: event.service, event })))
    } catch (error) {
      for (const service of services) if (this.inFlight.get(service) === controlsEnd) this.inFlight.delete(service)
      log.warn({ err: error }, 'E_CONTROLS a change of controls could not be appended; the next tick tries again')
    }
  }
}
