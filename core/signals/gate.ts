/**
 * What a record of `metrics` must be before it may count: judged one by one, without memory. A refusal is a value that says
 * what was got, what is allowed, and that nothing else happened.
 */
import type { CacheObserved, HardwareObserved, LatencyObserved, TpsObserved } from '../events/observed.ts'
import type { RefusalReason } from '../events/producer.ts'
import { roles } from '../roles.ts'
import type { DurationMs, EpochMs } from '../units.ts'
import { mostCounted, mostLatencyMs, mostPerSecond, mostServiceTps, plausible } from './plausible.ts'

/** Records that a foreign producer may write. */
export type Observation = TpsObserved | LatencyObserved | CacheObserved | HardwareObserved

export type Refusal = { readonly reason: RefusalReason; readonly detail: string }

/** Longest window of a sample: an older half of it would hide what happens now. */
export const longestWindowMs: DurationMs = 600_000
/** How far a window may end ahead of the gate's clock: two machines with NTP differ by far less. */
export const mostLeadMs: DurationMs = 60_000
/** How far it may end behind: a producer that was away for 10 minutes has nothing to tell a decision about now. */
export const mostLagMs: DurationMs = 600_000

/** `<producer>/<subCluster>`, or `<producer>/*` for one that speaks for the whole service. */
const wellFormedSource = /^[a-z0-9][a-z0-9-]{0,39}\/(?:\*|[a-z0-9][a-z0-9-]{0,62})$/

export const isWellFormedSource = (source: string): boolean => wellFormedSource.test(source)

/** Null when what the record says of itself can be true at `nowMs`, else why not. Says nothing of who wrote it. */
export const implausible = (event: Observation, nowMs: EpochMs): Refusal | null => {
  if (!isWellFormedSource(event.source)) {
    return refusal('NOT_ALLOWED', `source ${shown(event.source)}; allowed: <producer>/<subCluster> or <producer>/*, lower-case letters, digits and dashes`)
  }
  if (!(roles as readonly string[]).includes(event.role)) return refusal('UNKNOWN_ROLE', `role ${shown(event.role)}; allowed: ${roles.join(' or ')}`)
  return windowRefusal(event, nowMs) ?? countRefusal(event) ?? valueRefusal(event)
}

const refusal = (reason: RefusalReason, detail: string): Refusal => ({ reason, detail })

/** Text of a stranger, short enough for a log line and a table. */
const shown = (text: string): string => JSON.stringify(text.slice(0, 60))

const windowRefusal = ({ windowStartMs, windowEndMs }: Observation, nowMs: EpochMs): Refusal | null => {
  const lengthMs = windowEndMs - windowStartMs
  if (lengthMs <= 0 || lengthMs > longestWindowMs) {
    return refusal('TIME_OUT_OF_RANGE', `window of ${lengthMs} ms; allowed: longer than 0, at most ${longestWindowMs} ms`)
  }
  const leadMs = windowEndMs - nowMs
  if (leadMs <= mostLeadMs && -leadMs <= mostLagMs) return null
  const got = leadMs > 0 ? `${leadMs} ms ahead of` : `${-leadMs} ms behind`
  return refusal('TIME_OUT_OF_RANGE', `window ends ${got} the gate's clock; allowed: ${mostLeadMs} ms ahead to ${mostLagMs} ms behind`)
}

const countRefusal = ({ instancesHeard, instancesRegistered }: Observation): Refusal | null => {
  if (instancesHeard >= 0 && instancesHeard <= instancesRegistered) return null
  return refusal('OUT_OF_RANGE', `${instancesHeard} of ${instancesRegistered} instances heard; allowed: 0 up to those registered`)
}

type Bound = { readonly field: string; readonly value: number | null; readonly most: number }

const valueRefusal = (event: Observation): Refusal | null => {
  const beyond = boundsOf(event).find(({ value, most }) => value !== null && plausible(value, most) === null)
  return beyond === undefined ? null : refusal('OUT_OF_RANGE', `${beyond.field} ${beyond.value}; allowed: null, or 0 to ${beyond.most}`)
}

/** What each field may be. A service's throughput is bounded by what its instances can do as well. */
const boundsOf = (event: Observation): readonly Bound[] => {
  switch (event.type) {
    case 'TpsObserved':
      return [{ field: 'tps', value: event.tps, most: Math.min(mostServiceTps, mostPerSecond * Math.max(1, event.instancesHeard)) }]
    case 'LatencyObserved':
      return [
        { field: 'ttftMsP95', value: event.ttftMsP95, most: mostLatencyMs },
        { field: 'tbtMsP95', value: event.tbtMsP95, most: mostLatencyMs },
        { field: 'requests', value: event.requests, most: mostCounted },
      ]
    case 'CacheObserved':
      return [
        { field: 'kvCacheUsage', value: event.kvCacheUsage, most: 1 },
        { field: 'hitRate', value: event.hitRate, most: 1 },
        { field: 'queueDepth', value: event.queueDepth, most: mostCounted },
        { field: 'requestsRunning', value: event.requestsRunning, most: mostCounted },
      ]
    case 'HardwareObserved':
      return [
        { field: 'gpuUtilisation', value: event.gpuUtilisation, most: 1 },
        { field: 'smActivity', value: event.smActivity, most: 1 },
      ]
  }
}

/** Who may say something of what. `*` in a part allows any. */
export type AllowRule = { readonly source: string; readonly service: string; readonly role: string }

export type GateRules = {
  /** Services that the decider manages. */
  isKnown(service: string): boolean
  /** Null: every well-formed source may speak of every known service. */
  readonly allow: readonly AllowRule[] | null
  /** Names that only our own collectors use, as the first part of a source. */
  readonly reserved: readonly string[]
}

/** Why the record must not go on, or null. `key` is the record's key on the topic. */
export const judge = (event: Observation, key: string | null, { rules, nowMs }: { rules: GateRules; nowMs: EpochMs }): Refusal | null => {
  const untrue = implausible(event, nowMs)
  if (untrue !== null) return untrue
  if (key !== event.service) return refusal('KEY_MISMATCH', `key ${shown(key ?? 'null')}; allowed: the service, ${shown(event.service)}`)
  if (!rules.isKnown(event.service)) return refusal('UNKNOWN_SERVICE', `service ${shown(event.service)}; allowed: one that was applied`)
  return notAllowed(event, rules)
}

const notAllowed = ({ source, service, role }: Observation, { allow, reserved }: GateRules): Refusal | null => {
  const producer = source.slice(0, source.indexOf('/'))
  if (reserved.includes(producer)) return refusal('NOT_ALLOWED', `source ${source}; ${producer} is the name of a collector; allowed: any other`)
  if (allow === null || allow.some((rule) => matches(rule, { source, service, role }))) return null
  return refusal('NOT_ALLOWED', `${source} may not speak of ${service}/${role}; allowed is what the gate's allow-list names`)
}

const matches = (rule: AllowRule, { source, service, role }: AllowRule): boolean =>
  matchesPart(rule.source, source) && matchesPart(rule.service, service) && matchesPart(rule.role, role)

/** A `*` stands for any text, so `gateway/*` allows both the whole service and each sub-cluster. */
const matchesPart = (pattern: string, text: string): boolean => {
  const star = pattern.indexOf('*')
  return star === -1 ? pattern === text : text.startsWith(pattern.slice(0, star))
}
