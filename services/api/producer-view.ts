/** Who writes to `metrics`, and what the gate took and refused. */
import type { ProducerAnswer } from './answers.ts'
import type { ReadModel } from './read-model.ts'

/** By name of the producer, then of the gate. */
export const producerAnswers = (model: ReadModel): readonly ProducerAnswer[] =>
  model.producers
    .values()
    .map(({ type: _type, ...answer }) => answer)
    .sort((a, b) => compare(a.producer, b.producer) || compare(a.gate, b.gate))

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
