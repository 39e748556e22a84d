/** From the topics: equal ids are equal records, sequences rise, and nothing shrinks without evidence. */
import { canonicalJson } from '../../../core/canonical.ts'
import type { ScaleDecided, ScaleHeld } from '../../../core/events/decided.ts'
import type { LogEvent } from '../../../core/events/event.ts'
import { roles } from '../../../core/roles.ts'
import type { History } from '../history.ts'
import type { Violation } from './violation.ts'

type Decision = ScaleDecided | ScaleHeld

type Links = Map<string, { readonly sequence: number; readonly hash: string }>

export const decisionViolations = (history: History): readonly Violation[] => {
  const { evidence } = history
  const byId = new Map<string, Decision>()
  const chain: Links = new Map()
  return (evidence.topics.get('decisions') ?? []).flatMap(({ event }) => (event === null || !isDecision(event) ? [] : judged(event, byId, { chain, isAlone: isAlone(history) })))
}

const isDecision = (event: LogEvent): event is Decision => event.type === 'ScaleDecided' || event.type === 'ScaleHeld'

/** No process of another version decided beside ours: what was not written when another version claimed is on no record. */
const isAlone = ({ struck }: History): boolean => struck.every(({ kind }) => kind !== 'zombie-of-another-core')

type Chains = { readonly chain: Links; readonly isAlone: boolean }

const judged = (event: Decision, byId: Map<string, Decision>, { chain, isAlone: isSure }: Chains): readonly Violation[] => {
  const known = byId.get(event.decisionId)
  if (known === event) return []
  if (known !== undefined) return canonicalJson(known) === canonicalJson(event) ? [] : [violation('S9', event, `${event.decisionId} stands with two contents`)]
  byId.set(event.decisionId, event)
  return event.type === 'ScaleDecided' ? [...unproven(event), ...(isSure ? outOfChain(event, chain) : [])] : []
}

const violation = (invariant: string, { service, time }: Decision, detail: string): Violation => ({ invariant, service, detail, atMs: time })

/** Each version of the deciding code has a chain of its own; a log that was made anew begins its chains anew, too. */
const outOfChain = (event: ScaleDecided, chain: Links): readonly Violation[] => {
  const own = `${event.service} ${event.coreHash}`
  const before = chain.get(own)
  chain.set(own, event)
  if (before === undefined || event.previousHash === '') return []
  if (event.previousHash !== before.hash) return [violation('S18', event, `${event.decisionId} does not follow the decision before it`)]
  return event.sequence > before.sequence ? [] : [violation('S9', event, `sequence ${event.sequence} after ${before.sequence}`)]
}

const vetoing = ['stale', 'missing', 'failed']

/** An operator who orders counts by hand is evidence enough. */
const unproven = (event: ScaleDecided): readonly Violation[] => {
  const isLess = roles.some((role) => event.to[role] < event.from[role])
  if (!isLess || event.kind !== 'scale-in' || event.asks.some(({ policy }) => policy === 'manual')) return []
  return event.evidence
    .filter(({ state }) => vetoing.includes(state))
    .map(({ signal, state }) => violation('S6', event, `${event.decisionId} shrinks while ${signal} is ${state}`))
}
