/**
 * What directives forbid. One rule, the strongest stop first: kill switch > freeze > paused > recommend. A stop also
 * holds up a manual scale; only what undoes, and the registrar, goes on.
 */
import type { ControlKind, ControlValue, Directive } from '../events/control.ts'
import type { RoleCounts } from '../roles.ts'
import type { EpochMs } from '../units.ts'

export const stopCodes = ['KILL_SWITCH', 'FROZEN', 'PAUSED', 'RECOMMEND_ONLY'] as const
export type StopCode = (typeof stopCodes)[number]

/** Why nothing forward may begin; `untilMs` when it ends by itself, null when it waits for a release. */
export type Stop = { readonly code: StopCode; readonly detail: string; readonly untilMs: EpochMs | null }

type Rule = { readonly code: StopCode; readonly control: ControlKind; readonly value: ControlValue }

/** Strongest first. */
const rules: readonly Rule[] = [
  { code: 'KILL_SWITCH', control: 'kill-switch', value: 'on' },
  { code: 'FROZEN', control: 'freeze', value: 'on' },
  { code: 'PAUSED', control: 'mode', value: 'paused' },
  { code: 'RECOMMEND_ONLY', control: 'mode', value: 'recommend' },
]

/** The strongest stop among the directives of a service, or null. */
export const stopOf = (directives: readonly Directive[], nowMs: EpochMs): Stop | null => {
  for (const { code, control, value } of rules) {
    const found = directives.find((it) => says(it, { control, value }) && isInForce(it, nowMs))
    if (found) return { code, detail: `${control} ${value} for ${found.scope} by ${found.author}: ${found.reason}`, untilMs: found.untilMs }
  }
  return null
}

const says = (directive: Directive, { control, value }: Pick<Rule, 'control' | 'value'>): boolean =>
  directive.control === control && directive.value === value

/** The last moment up to now at which one of these directives was a stop in force; null when none of them is a stop. */
export const lastStopMs = (directives: readonly Directive[], nowMs: EpochMs): EpochMs | null => {
  const stops = directives.filter((directive) => rules.some((rule) => says(directive, rule)))
  return stops.length === 0 ? null : Math.max(...stops.map(({ untilMs }) => Math.min(untilMs ?? nowMs, nowMs)))
}

export const isInForce = ({ untilMs }: Directive, nowMs: EpochMs): boolean => untilMs === null || nowMs < untilMs

export type ManualScale = { readonly target: RoleCounts; readonly directive: Directive }

/** Counts that an operator asked for by hand and that have not ended, or null. */
export const manualScaleOf = (directives: readonly Directive[], nowMs: EpochMs): ManualScale | null => {
  const directive = directives.find((it) => it.control === 'manual-scale' && it.value === 'on' && isInForce(it, nowMs))
  if (!directive || directive.prefill === null || directive.decode === null) return null
  return { target: { prefill: directive.prefill, decode: directive.decode }, directive }
}
