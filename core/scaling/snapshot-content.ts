/** What a snapshot says: a service's state, and who owned the partition when it was taken. */
import { canonicalJson } from '../canonical.ts'
import { packSamples, unpackSamples } from '../signals/packed-samples.ts'
import type { PackedSamples } from '../signals/packed-samples.ts'
import type { Claim } from './claim.ts'
import { copyOf } from './service-state.ts'
import type { ServiceState } from './service-state.ts'

export type SnapshotContent = { readonly claim: Claim; readonly state: ServiceState }

type Written = { readonly claim: Claim; readonly state: Omit<ServiceState, 'signals'> & { readonly signals: PackedSamples } }

export const writeSnapshot = ({ claim, state }: SnapshotContent): string =>
  canonicalJson({ claim, state: { ...state, signals: packSamples(state.signals, claim.lastTickMs) } } satisfies Written)

/** Its fields stand in the order of a state that was never written. */
export const readSnapshot = (text: string): SnapshotContent => {
  const { claim, state } = JSON.parse(text) as Written
  return { claim, state: copyOf({ ...state, signals: unpackSamples(state.signals) }) }
}
