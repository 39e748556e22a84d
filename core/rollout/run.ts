/**
 * Carries out a plan, all or nothing. The same code runs in the workflow, in Node and in the simulator: it knows
 * neither clocks nor servers, only a host that performs, undoes, and calls for an operator.
 */
import type { Plan, Stage, Step } from './plan.ts'

/** What a plan needs from the world. */
export type Host = {
  /** Resolves when the step is done; rejects when it failed, or soon after `stop` resolved. */
  perform(step: Step, stop: Promise<void>): Promise<void>
  /** Takes back what the step did, if it did anything. Rejects when it gave up trying. */
  undo(step: Step): Promise<void>
  /** The undo of `step` gave up. Resolves when an operator has repaired the cause; the undo is then tried again. */
  stuck(step: Step, why: string): Promise<void>
}

export type Outcome =
  | { readonly kind: 'committed' }
  | { readonly kind: 'rolled-back'; readonly step: string; readonly reason: string }

type Failure = { readonly step: string; readonly reason: string }

/**
 * Runs stage after stage. After the first failure the other steps of its stage are stopped, all of them settle, and
 * everything that was begun is undone, newest first. Resolves only when every step is done or every effect undone.
 */
export const run = async (plan: Plan, host: Host): Promise<Outcome> => {
  const begun: Step[] = []
  for (const stage of plan) {
    const failure = await runStage(stage, host, begun)
    if (failure !== null) {
      await undoAll(begun, host)
      return { kind: 'rolled-back', ...failure }
    }
  }
  return { kind: 'committed' }
}

/** What an error says, without its class: reasons travel as text. */
export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** A step counts as begun before it is performed: a step that failed may have had its effect. */
const runStage = async (stage: Stage, host: Host, begun: Step[]): Promise<Failure | null> => {
  const failures: Failure[] = []
  let halt = (): void => {}
  const stop = new Promise<void>((resolve) => {
    halt = resolve
  })
  const attempt = async (step: Step): Promise<void> => {
    begun.push(step)
    try {
      await host.perform(step, stop)
    } catch (error) {
      failures.push({ step: step.id, reason: reasonOf(error) })
      halt()
    }
  }
  await Promise.all(stage.map(attempt))
  return failures[0] ?? null
}

const undoAll = async (begun: readonly Step[], host: Host): Promise<void> => {
  for (const step of [...begun].reverse()) {
    if (step.inverse !== null) await undoUntilDone(step, host)
  }
}

const undoUntilDone = async (step: Step, host: Host): Promise<void> => {
  for (;;) {
    try {
      await host.undo(step)
      return
    } catch (error) {
      await host.stuck(step, reasonOf(error))
    }
  }
}
