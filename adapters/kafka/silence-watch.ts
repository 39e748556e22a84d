/**
 * Ends a consumer that reads no more although its log has gone on. kafkajs can wait for an answer that never comes, or go round in
 * circles, without an event; whoever follows the controls would then not hear of a kill switch. What is asked is the broker, on a
 * connection of its own: while it does not answer, a consumer that does not read either is no wonder.
 */
import { portError } from '../../core/port-error.ts'
import type { PortError } from '../../core/ports.ts'
import type { Topic } from '../../core/topics.ts'
import type { Offset } from '../../core/units.ts'
import type { PartitionRef } from './consumer-session.ts'

export type Standing = PartitionRef & { /** Next offset to read. */ readonly next: Offset }

export type SilenceOptions = {
  /** Partitions that should be read on now. One that is being worked on is none: it may take its time. */
  standing(): readonly Standing[]
  ends(topic: Topic): Promise<readonly { readonly partition: number; readonly end: Offset }[]>
  onSilent(error: PortError): void
  readonly lookEveryMs: number
  readonly name: string
}

/**
 * With a look every 5 s this is 45 s: longer than a rebalance, which waits 30 s for a member that is busy, and than a request that
 * times out, which takes as long.
 */
const silentLooks = 9

export const defaultLookMs = 5_000

/** Looks are counted rather than time: a process that was stopped for a minute has missed nothing. */
export const watchSilence = (options: SilenceOptions): { stop(): void } => {
  const behind = new Map<string, Behind>()
  let timer: NodeJS.Timeout | null = null
  let isStopped = false
  const look = async (): Promise<void> => {
    const silent = await silentOnes(options, behind)
    if (isStopped) return
    if (silent === undefined) return later()
    isStopped = true
    options.onSilent(silence(options, silent))
  }
  const later = (): void => void (timer = setTimeout(() => void look(), options.lookEveryMs).unref())
  later()
  return {
    stop: () => {
      isStopped = true
      if (timer !== null) clearTimeout(timer)
    },
  }
}

/** A partition that stood at the same offset at several looks, before the end of the log. */
type Behind = Standing & { readonly looks: number; readonly end: Offset }

const keyOf = ({ topic, partition }: PartitionRef): string => `${topic}/${partition}`

/** One look; resolves with a partition that is silent for good. */
const silentOnes = async ({ standing, ends }: SilenceOptions, behind: Map<string, Behind>): Promise<Behind | undefined> => {
  const before = new Map(standing().map((one) => [keyOf(one), one]))
  const known = await endsOf([...before.values()], ends).catch(() => null)
  // Those that moved while the broker was asked have spoken.
  const still = standing().filter((one) => before.get(keyOf(one))?.next === one.next)
  const was = new Map(behind)
  behind.clear()
  if (known === null) return undefined
  for (const one of still) {
    const end = known.get(keyOf(one)) ?? 0
    const last = was.get(keyOf(one))
    if (end > one.next) behind.set(keyOf(one), { ...one, end, looks: last?.next === one.next ? last.looks + 1 : 1 })
  }
  return [...behind.values()].find(({ looks }) => looks >= silentLooks)
}

const endsOf = async (refs: readonly PartitionRef[], ends: SilenceOptions['ends']): Promise<ReadonlyMap<string, Offset>> => {
  const topics = [...new Set(refs.map(({ topic }) => topic))]
  const perTopic = await Promise.all(topics.map(async (topic) => (await ends(topic)).map(({ partition, end }) => [keyOf({ topic, partition }), end] as const)))
  return new Map(perTopic.flat())
}

const silence = ({ name, lookEveryMs }: SilenceOptions, { topic, partition, next, end, looks }: Behind): PortError =>
  portError('unavailable', `KAFKA_SILENT ${name}: ${topic}/${partition} was not read on from offset ${next} for ${(looks * lookEveryMs) / 1_000} s, the log ends at ${end} and the broker answers; the reader must go on as the log does; the subscription ends, and whoever reads begins anew`)
