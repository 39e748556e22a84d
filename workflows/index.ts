/** Entry of the workflow bundle: the names under which Temporal knows the workflows. */
export { rollout } from './rollout.ts'
export { service } from './service.ts'
export { withdrawal } from './withdrawal.ts'
