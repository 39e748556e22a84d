/** Takes a service file into force, or refuses it and keeps the last good one. */
import { canonicalJson } from '../canonical.ts'
import type { ServiceAccepted } from '../events/decided.ts'
import type { ServiceConfigured } from '../events/input.ts'
import { showFault } from '../service/fault.ts'
import { immutableFaults } from '../service/immutable.ts'
import { policyHash } from '../service/policy-hash.ts'
import type { ServiceManifest } from '../service/specification.ts'
import { validateManifest } from '../service/validate.ts'
import type { EpochMs } from '../units.ts'
import type { Emitted } from './emitted.ts'
import { newService } from './service-state.ts'
import type { ServiceState } from './service-state.ts'

export type Evolved = { readonly state: ServiceState | null; readonly emitted: readonly Emitted[] }

/** A generation that is not above the last one is a repeat and changes nothing. */
export const configure = (
  state: ServiceState | null,
  event: ServiceConfigured,
  { announce }: { readonly announce: boolean },
): Evolved => {
  if (state && event.generation <= state.generation) return { state, emitted: [] }
  const read = readManifest(event, state)
  if ('refusal' in read) return refuse(state, event, { refusal: read.refusal, announce })
  const inForce = { service: event.service, generation: event.generation, manifest: read.manifest, policyHash: policyHash(read.manifest) }
  const next = { ...(state ?? newService(inForce)), ...inForce, refusal: '', unannounced: !announce }
  return { state: next, emitted: [accepted(next, event.time)] }
}

const refuse = (
  state: ServiceState | null,
  event: ServiceConfigured,
  { refusal, announce }: { readonly refusal: string; readonly announce: boolean },
): Evolved => {
  if (!state) return { state: null, emitted: [refusedOutright(event, refusal)] }
  const next = { ...state, generation: event.generation, refusal, unannounced: !announce }
  return { state: next, emitted: [accepted(next, event.time)] }
}

/** What stands in `services`: the manifest in force, and what became of the newest one. */
export const accepted = (state: ServiceState, time: EpochMs): Emitted => ({
  topic: 'services',
  key: state.service,
  event: {
    type: 'ServiceAccepted',
    service: state.service,
    generation: state.generation,
    accepted: state.refusal === '',
    message: state.refusal,
    manifest: canonicalJson(state.manifest),
    policyHash: state.policyHash,
    conditions: state.conditions,
    time,
  } satisfies ServiceAccepted,
})

/** A first manifest that is refused leaves no service behind, and none in force. */
const refusedOutright = ({ service, generation, time }: ServiceConfigured, message: string): Emitted => ({
  topic: 'services',
  key: service,
  event: { type: 'ServiceAccepted', service, generation, accepted: false, message, manifest: '', policyHash: '', conditions: [], time },
})

type ReadManifest = { readonly manifest: ServiceManifest } | { readonly refusal: string }

const readManifest = (event: ServiceConfigured, state: ServiceState | null): ReadManifest => {
  const json = parse(event.manifest)
  if (json === undefined) return { refusal: 'E_SPEC_SYNTAX manifest: not JSON; a service manifest in JSON is allowed' }
  const read = validateManifest(json)
  if (!read.ok) return { refusal: read.faults.map(showFault).join('; ') }
  const { name } = read.manifest.metadata
  if (name === event.service) return unlessImmutable(state, read.manifest)
  return { refusal: `E_SPEC_NAME metadata.name: ${name}; the record's key ${event.service} is allowed` }
}

const unlessImmutable = (state: ServiceState | null, manifest: ServiceManifest): ReadManifest => {
  const faults = state ? immutableFaults(state.manifest, manifest) : []
  return faults.length === 0 ? { manifest } : { refusal: faults.map(showFault).join('; ') }
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
