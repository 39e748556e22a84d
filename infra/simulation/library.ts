/** What tests use of the simulation, as one module (`bundle.mjs`). */
export { bitesOf } from '../../simulator/control-plane/faults/nemesis.ts'
export { faultKinds } from '../../simulator/control-plane/faults/plan.ts'
export { epoch } from '../../simulator/control-plane/history.ts'
export { judge } from './judge.ts'
export { showChoice } from './options.ts'
export { shrink } from './shrink.ts'
