/** The verdict of `verify`: everything that is wrong with a record, and how much of it was right. */
import type { ServiceId } from '../../ids.ts'
import type { EpochMs } from '../../units.ts'
import { checkChains } from './chains.ts'
import { checkEffects, type ChangeLine } from './effects.ts'
import type { Finding, FindingCode } from './finding.ts'
import type { History } from './history.ts'
import { checkIntents, standingOf } from './intents.ts'
import { checkRollouts, rolloutsOf } from './rollouts.ts'

export type Verification = {
  readonly services: number
  readonly decisions: number
  readonly holds: number
  /** Versions of the deciding code; each has chains of its own. */
  readonly cores: number
  /** `forgotten`: their service was removed, or another version took over, before they ended. */
  readonly intents: { readonly count: number; readonly ended: number; readonly open: number; readonly forgotten: number }
  readonly rollouts: { readonly count: number; readonly committed: number; readonly rolledBack: number; readonly open: number }
  /** Null: there was no change log, so that this direction was not checked. */
  readonly effects: { readonly count: number; readonly matched: number } | null
  /** Repeats with equal bytes: harmless. */
  readonly repeats: number
  /** In the order of their time. */
  readonly findings: readonly Finding[]
}

export type Scope = {
  /** Null for all. */
  readonly service: ServiceId | null
  /** Only what is of this world time or later is counted and named. */
  readonly sinceMs: EpochMs
  /** Null when there is no change log. */
  readonly changes: readonly ChangeLine[] | null
}

export const wholeRecord: Scope = { service: null, sinceMs: -Infinity, changes: null }

export const verify = (history: History, scope: Scope = wholeRecord): Verification => {
  const isInScope = ({ service, time }: { readonly service: ServiceId; readonly time: EpochMs }): boolean =>
    time >= scope.sinceMs && (scope.service === null || service === scope.service)
  const lines = scope.changes?.filter((line) => 'service' in line && (scope.service === null || line.service === scope.service)) ?? null
  const checked = lines === null ? null : checkEffects(history, lines.filter(({ time }) => time >= scope.sinceMs))
  const findings = [...history.twoContents, ...checkChains(history), ...checkIntents(history), ...checkRollouts(history), ...(checked?.findings ?? [])]
  const verdicts = [...history.verdicts.values()].flat().filter(isInScope)
  const decisions = verdicts.filter(({ type }) => type === 'ScaleDecided').length
  return {
    services: new Set(verdicts.map(({ service }) => service)).size,
    decisions,
    holds: verdicts.length - decisions,
    cores: new Set(verdicts.map(({ coreHash }) => coreHash)).size,
    intents: countIntents(history, isInScope),
    rollouts: countRollouts(history, isInScope),
    effects: checked === null ? null : { count: checked.effects, matched: checked.matched },
    repeats: history.repeats,
    // Whose record it was nobody can tell, so that it concerns whoever asks.
    findings: [...findings.filter(isInScope), ...history.unreadable].sort((a, b) => a.time - b.time),
  }
}

type InScope = (one: { readonly service: ServiceId; readonly time: EpochMs }) => boolean

const countIntents = (history: History, isInScope: InScope): Verification['intents'] => {
  const standings = [...history.intents.values()]
    .filter(({ service, emittedAt }) => isInScope({ service, time: emittedAt }))
    .map((intent) => standingOf(history, intent))
  const count = (standing: string): number => standings.filter((one) => one === standing).length
  return { count: standings.length, ended: count('ended'), open: count('open'), forgotten: count('forgotten') }
}

const countRollouts = (history: History, isInScope: InScope): Verification['rollouts'] => {
  const rollouts = rolloutsOf(history).filter(({ facts }) => facts[0] !== undefined && isInScope(facts[0]))
  const ended = (type: string): number => rollouts.filter(({ end }) => end?.type === type).length
  const [committed, rolledBack] = [ended('RolloutCommitted'), ended('RolloutRolledBack')]
  return { count: rollouts.length, committed, rolledBack, open: rollouts.length - committed - rolledBack }
}

const explainable: readonly FindingCode[] = ['CHAIN_BROKEN', 'HOLDS_BROKEN', 'INTENT_WITHOUT_END', 'ROLLOUT_WITHOUT_END']

/** Services with findings that a removal may explain: it stands on `signals`, which nobody should have to read for nothing. */
export const servicesInDoubt = ({ findings }: Verification): ReadonlySet<ServiceId> =>
  new Set(findings.filter(({ code }) => explainable.includes(code)).map(({ service }) => service))
