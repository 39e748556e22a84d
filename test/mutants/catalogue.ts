/**
 * Seeded bugs of the product. They were written before the checker and the simulation were run on any of them, so that the
 * share that is caught says something about bugs that nobody has written yet. `npm run mutants` asks who notices each.
 */
import { logMutants } from './log.ts'
import type { Mutant } from './mutant.ts'
import { placementMutants } from './placement.ts'
import { rolloutMutants } from './rollout.ts'
import { scalingMutants } from './scaling.ts'
import { signalMutants } from './signals.ts'

export const mutants: readonly Mutant[] = [...scalingMutants, ...logMutants, ...rolloutMutants, ...placementMutants, ...signalMutants]
