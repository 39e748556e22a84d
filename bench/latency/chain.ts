/** Follows each jump of a load through the log and into the emulator's change log. */
import { setTimeout as delay } from 'node:timers/promises'
import type { ScaleIntentEmitted } from '../../core/events/decided.ts'
import type { TpsObserved } from '../../core/events/observed.ts'
import type { ServiceId } from '../../core/ids.ts'
import type { LogRecord } from '../../core/ports.ts'
import type { FleetChange } from '../../core/rollout/fleet-change.ts'
import type { Stage } from './stage.ts'

/** Wall times of one jump; the first that is missing is still awaited. */
export type Jump = {
  readonly service: ServiceId
  readonly tps: number
  /** Broker's append time of the first sample with the new load. */
  publishedAtMs?: number
  intentId?: string
  /** Broker's append time of the intent. */
  orderedAtMs?: number
  /** When the bench saw the target in the change log: some milliseconds late, never early. */
  writtenAtMs?: number
  /** World time of the change log's entry: the world's last step, up to 100 ms early. */
  changeLogTimeMs?: number
}

export type Chain = {
  /** From now on `service` is followed from its first sample of `tps`. */
  begin(service: ServiceId, tps: number): Jump
  stop(): Promise<void>
}

const pollMs = 20

export const followChain = async ({ eventLog, fleet }: Stage): Promise<Chain> => {
  const current = new Map<ServiceId, Jump>()
  const follower = await eventLog.follow({ topics: ['signals', 'intents'], from: 'end', onRecord: (record) => note(current, record) })
  let stopped = false
  const polling = (async () => {
    for (let after = 0; !stopped; await delay(pollMs)) {
      const lines = (await (await fetch(`${fleet.emulatorUrl}/changes?after=${after}`)).text()).split('\n').filter((line) => line !== '')
      const changes = lines.map((line) => JSON.parse(line) as FleetChange & { readonly n: number })
      for (const change of changes) noteChange(current, change, Date.now())
      after = changes.at(-1)?.n ?? after
    }
  })()
  // Thrown by `stop`; a stage that ends first must not hide why it did.
  polling.catch(() => undefined)
  return {
    begin: (service, tps) => {
      const jump: Jump = { service, tps }
      current.set(service, jump)
      return jump
    },
    stop: async () => {
      stopped = true
      await polling
      await follower.close()
    },
  }
}

const note = (current: ReadonlyMap<ServiceId, Jump>, { event, appendedAtMs }: LogRecord): void => {
  if (event?.type === 'TpsObserved') noteSample(current.get(event.service), event, appendedAtMs)
  if (event?.type === 'ScaleIntentEmitted') noteIntent(current.get(event.service), event, appendedAtMs)
}

const noteSample = (jump: Jump | undefined, { role, tps }: TpsObserved, appendedAtMs: number): void => {
  if (jump !== undefined && role === 'decode' && tps === jump.tps) jump.publishedAtMs ??= appendedAtMs
}

const noteIntent = (jump: Jump | undefined, { intentId }: ScaleIntentEmitted, appendedAtMs: number): void => {
  if (jump === undefined || jump.orderedAtMs !== undefined) return
  jump.intentId = intentId
  jump.orderedAtMs = appendedAtMs
}

/** The write may be seen before the intent was read back here: it is matched by service, and counts that grow. */
const noteChange = (current: ReadonlyMap<ServiceId, Jump>, change: FleetChange, seenAtMs: number): void => {
  if (change.kind !== 'written' || change.undoes !== null) return
  const jump = current.get(change.service)
  const grows = change.countsAfter.decode > change.countsBefore.decode
  if (jump === undefined || !grows || jump.writtenAtMs !== undefined) return
  jump.writtenAtMs = seenAtMs
  jump.changeLogTimeMs = change.time
}
