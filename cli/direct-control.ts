/** Writes an order to `controls` without the API: the way to the kill switch when the API is down. */
import { createWorldClock } from '../adapters/clock/world-clock.ts'
import { createKafkaEventLog } from '../adapters/kafka/event-log.ts'
import { controlKey } from '../core/controls/controls.ts'
import { isPortError } from '../core/port-error.ts'
import { author } from './author.ts'
import { showControl } from './banner.ts'
import { CliError, exitCodes } from './exit-codes.ts'
import { fleetConfig, quietKafka } from './fleet-config.ts'
import type { CommonConfig } from '../services/config.ts'
import type { ControlOrder } from '../services/api/control-order.ts'
import type { ControlSet, Directive } from '../core/events/control.ts'
import type { Appended } from '../core/ports.ts'
import type { EpochMs } from '../core/units.ts'
import type { Terminal } from './terminal.ts'

/** Kafka acknowledges within milliseconds, or the operator must hear that it did not. */
const DEADLINE_MS = 20_000

/** Brokers: those given, else KAFKA_BROKERS, else the fleet of `up`. Throws `CliError` 6 when Kafka does not take the record. */
export const writeControl = async (terminal: Terminal, order: ControlOrder, brokers?: readonly string[]): Promise<void> => {
  const config = configOf(terminal, brokers)
  const { scope, control: kind, value, reason } = order
  const control: Directive = { scope, control: kind, value, reason, prefill: null, decode: null, untilMs: null, author: author(), time: worldTime(config) }
  const { offset } = await append(config, { type: 'ControlSet', ...control })
  terminal.print(`${showControl(control)}: recorded in Kafka at ${config.HETEROSCALE_TOPIC_PREFIX}.controls.v1 offset ${offset}; heeded before every effect from now on. ` +
    'Nobody was asked to confirm it; `heteroscale get controls` shows it once the API is back.')
}

const configOf = (terminal: Terminal, brokers: readonly string[] | undefined): CommonConfig => {
  const { config, isKafkaKnown } = fleetConfig(terminal, brokers)
  if (isKafkaKnown) return config
  throw new CliError(exitCodes.unavailable, 'E_NO_BROKERS heteroscale kill-switch: no Kafka is known; name it with --brokers or KAFKA_BROKERS; NOTHING WAS STOPPED')
}

/** The deciders judge how long an order holds by their own time, so it carries theirs. */
export const worldTime = ({ HETEROSCALE_WORLD_EPOCH_MS, HETEROSCALE_WALL_EPOCH_MS, HETEROSCALE_SPEED = 1 }: CommonConfig): EpochMs => createWorldClock({ worldEpochMs: HETEROSCALE_WORLD_EPOCH_MS, wallEpochMs: HETEROSCALE_WALL_EPOCH_MS, speed: HETEROSCALE_SPEED }).now()

const append = async (config: CommonConfig, event: ControlSet): Promise<Appended> => {
  const log = createKafkaEventLog(quietKafka('kill-switch', config))
  try {
    const appending = log.appender().then((appender) => appender.append([{ topic: 'controls', key: controlKey(event), event }]))
    const [appended] = await Promise.race([appending, tooLate()])
    if (appended !== undefined) return appended
    throw new Error('no answer')
  } catch (error) {
    const why = isPortError(error) ? error.message : (error as Error).message
    throw new CliError(exitCodes.unavailable, `E_NOT_WRITTEN ${config.KAFKA_BROKERS.join(',')}: ${why}; a reachable Kafka is needed; the order may or may not stand: repeat it, or stop the orchestrators`)
  } finally {
    await Promise.race([log.close(), tooLate()])
  }
}

const tooLate = (): Promise<readonly Appended[]> => new Promise((resolve) => {
  setTimeout(() => resolve([]), DEADLINE_MS).unref()
})
