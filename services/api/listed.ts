/** A list, with what every reader of one has to know first. */
import type { ListAnswer } from './answers.ts'
import type { ApplyPorts } from './apply.ts'

export const listed = <T>({ clock, model }: Pick<ApplyPorts, 'clock' | 'model'>, items: readonly T[]): ListAnswer<T> => {
  const now = clock.now()
  return { now, controls: model.controls.inForce(now), notDeciding: model.ticks.notDeciding([...model.services.keys()]), items }
}
