/** Parts of a fleet are killed, stay away for a while, and come back on their data. */
import { setTimeout as delay } from 'node:timers/promises'
import { roleOf } from './stage.ts'
import type { Stage } from './stage.ts'

export type Absence = {
  /** In the order of their return: servers first, since our processes end when they find none. */
  readonly names: readonly string[]
  /** Wall time. */
  readonly forMs: number
  /** Done while they are away; it may take less time than that. */
  readonly meanwhile?: () => Promise<void>
}

/** Wall times: nobody of them was there. */
export type Absent = { readonly fromMs: number; readonly toMs: number }

/** What was away, in the words of the checker (test/checker/evidence.ts). */
export type KnownAbsence = Absent & { readonly target: 'collector' | 'decider' | 'orchestrator' | 'temporal' | 'kafka' | 'control-plane' }

/** Several kinds at once are all but the registrar. */
const targetOf = (names: readonly string[]): KnownAbsence['target'] => {
  const kinds = [...new Set(names.map(roleOf))]
  return kinds.length === 1 ? (kinds[0] as KnownAbsence['target']) : 'control-plane'
}

/** Resolves when all of them are ready again, as they are also when it throws what went wrong meanwhile. */
export const beAway = async (stage: Stage, { names, forMs, meanwhile }: Absence): Promise<Absent> => {
  const handles = names.map((name) => stage.process(name))
  for (const handle of handles) handle.kill('SIGKILL')
  await Promise.all(handles.map(({ exited }) => exited))
  const fromMs = Date.now()
  try {
    await meanwhile?.()
    await delay(Math.max(0, fromMs + forMs - Date.now()))
    return { fromMs, toMs: Date.now() }
  } finally {
    stage.absences.push({ target: targetOf(names), fromMs, toMs: Date.now() })
    for (const handle of handles) await handle.restart()
  }
}
