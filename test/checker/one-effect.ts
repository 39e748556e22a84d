/**
 * S1, one effect (docs/invariants.md): ∀ intent, group, step: |{effects with that key}| ≤ 1. An effect is a `written` line, and the key is
 * intent, group and step; two calls may carry it, one takes effect. Also over sub-clusters: the same key in two of them is two effects.
 */
import type { Violation } from './evidence.ts'
import { lineAt, type View, type Write } from './view.ts'

export const oneEffect = (view: View): readonly Violation[] => {
  const first = new Map<string, Write>()
  const violations: Violation[] = []
  for (const write of view.writes) {
    const { key, service } = write.line
    const before = first.get(key)
    if (before === undefined) first.set(key, write)
    else violations.push({ invariant: 'S1', service, detail: `${key} took effect before, at ${lineAt(before)}`, at: lineAt(write) })
  }
  return violations
}
