/** What `verify` found, in words. */
import type { Verification } from '../core/audit/verify/verify.ts'
import type { Finding, FindingCode } from '../core/audit/verify/finding.ts'
import { showNumberOf, showTime } from './quantities.ts'
import { clean, paint } from './table.ts'
import type { Terminal } from './terminal.ts'

/** More do not fit on a screen; -o json has them all. */
const mostShown = 15

/** `changesFrom`: where the change log came from; empty when there was none. */
export const describeVerification = (verification: Verification, changesFrom: readonly string[], terminal: Terminal): readonly string[] => {
  const { services, decisions, holds, intents, rollouts, cores, repeats, findings } = verification
  return [
    `verify: ${showNumberOf(decisions, 'decision')} and ${showNumberOf(holds, 'hold')} of ${showNumberOf(services, 'service')}, ${chainText(findings)}${cores > 1 ? `; ${cores} versions decided, each with its own chains` : ''}`,
    `verify: ${showNumberOf(intents.count, 'intent')}: ${intents.ended} ended, ${intents.open} open${intents.forgotten > 0 ? `, ${intents.forgotten} cut off by a removal or a new version` : ''}`,
    `verify: ${showNumberOf(rollouts.count, 'rollout')}: ${rollouts.committed} committed, ${rollouts.rolledBack} rolled back, ${rollouts.open} without an end so far`,
    effectText(verification, changesFrom),
    ...(repeats > 0 ? [`verify: ${showNumberOf(repeats, 'repeat')} with equal bytes were collapsed`] : []),
    ...findings.slice(0, mostShown).map((finding) => paint(clean(findingText(finding)), 'red', terminal)),
    ...(findings.length > mostShown ? [`… and ${findings.length - mostShown} more; -o json shows all`] : []),
    `verify: ${showNumberOf(findings.length, 'finding')}`,
  ]
}

const chainCodes: readonly FindingCode[] = ['DECISION_CHANGED', 'CHAIN_BROKEN', 'HOLD_CHANGED', 'HOLDS_BROKEN']

const chainText = (findings: readonly Finding[]): string => {
  const broken = findings.filter(({ code }) => chainCodes.includes(code)).length
  return broken === 0 ? 'chain unbroken' : `chain broken in ${showNumberOf(broken, 'place')}`
}

const effectText = ({ effects }: Verification, changesFrom: readonly string[]): string =>
  effects === null
    ? 'verify: effects were NOT checked: no change log is known; give one with --changes, or set HETEROSCALE_EMULATOR'
    : `verify: ${showNumberOf(effects.count, 'effect')} in the change log of ${changesFrom.join(', ')}: ${effects.matched} as ordered`

const findingText = ({ code, service, id, time, detail }: Finding): string => `${code} ${service} ${id} at ${showTime(time)}: ${detail}`
