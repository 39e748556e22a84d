/** From the topics: equal ids are equal records, sequences rise, and nothing shrinks without evidence. */
import { canonicalJson } from '../../../core/canonical.ts'
import type { ScaleDecided, ScaleHeld } from '../../../core/events/decided.ts'
import { roles } from '../../../core/roles.ts'
import type { History } from '../history.ts'
import type { Violation } from './violation.ts'

type Decision = ScaleDecided | ScaleHeld

export const decisionViolations = ({ evidence }: History): readonly Violation[] => {
  const found: Violation[] = []
  const byId = new Map<string, Decision>()
  const chain = new Map<string, { readonly sequence: number; readonly hash: string }>()
  for (const { event } of evidence.topics.get('decisions') ?? []) {
    if (event?.type !== 'ScaleDecided' && event?.type !== 'ScaleHeld') continue
    const known = byId.get(event.decisionId)
    if (known === undefined) byId.set(event.decisionId, event)
    else if (known !== event && canonicalJson(known) !== canonicalJson(event)) found.push(violation('S9', event, `${event.decisionId} stands with two contents`))
    if (known === undefined && event.type === 'ScaleDecided') found.push(...unproven(event), ...outOfChain(event, chain))
  }
  return found
}

const violation = (invariant: string, { service, time }: Decision, detail: string): Violation => ({ invariant, service, detail, atMs: time })

/** Each version of the deciding code has a chain of its own; a log that was made anew begins its chains anew, too. */
const outOfChain = (event: ScaleDecided, chain: Map<string, { readonly sequence: number; readonly hash: string }>): readonly Violation[] => {
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
