/**
 * Applies a service file: validate, record a ServiceConfigured, wait until the decider says what it thinks of it.
 * The log is the only writer's door: the API decides nothing by itself, except to refuse what is clearly wrong.
 */
import { readServiceFile } from '../../adapters/yaml/service-file.ts'
import { canonicalJson } from '../../core/canonical.ts'
import type { Appender, Clock } from '../../core/ports.ts'
import { showFault } from '../../core/service/fault.ts'
import { immutableFaults } from '../../core/service/immutable.ts'
import type { ServiceManifest } from '../../core/service/specification.ts'
import { steepDecrease } from '../../core/service/step-guard.ts'
import { waitForVerdict } from './acceptance.ts'
import type { ApplyAnswer } from './answers.ts'
import { ApiError } from './api-error.ts'
import type { ReadModel } from './read-model.ts'
import { manifestOf } from './service-view.ts'

export type ApplyRequest = {
  readonly body: Uint8Array
  readonly author: string
  /** Refuse unless the service stands at this generation; 0 means that it must not exist. */
  readonly expectedGeneration?: number | undefined
  /** Share by which a minimum may fall, in percent; asked for above 50. */
  readonly confirmDecrease?: number | undefined
  /** Wall time. */
  readonly waitMs: number
}

export type ApplyPorts = { readonly model: ReadModel; readonly appender: Appender; readonly clock: Clock }

/** Throws `ApiError` for what is refused here; the decider's verdict, or its absence, is in the answer. */
export const applyService = async (ports: ApplyPorts, request: ApplyRequest): Promise<ApplyAnswer> => {
  const manifest = readOrRefuse(request.body)
  const service = manifest.metadata.name
  const current = ports.model.generations.get(service) ?? 0
  refuseStaleGeneration(service, current, request.expectedGeneration)
  refuseImmutable(ports.model, manifest)
  const inForce = manifestInForce(ports.model, service)
  if (inForce !== null && canonicalJson(inForce) === canonicalJson(manifest)) return unchanged(ports.model, service)
  if (inForce !== null) refuseSteepDecrease(inForce, manifest, request.confirmDecrease)
  return recordAndWait(ports, request, manifest)
}

const readOrRefuse = (body: Uint8Array): ServiceManifest => {
  const result = readServiceFile(body)
  if (result.ok) return result.manifest
  const [first] = result.faults
  throw new ApiError(422, {
    code: 'E_SPEC',
    message: `the service file has ${result.faults.length} fault(s); nothing was recorded`,
    path: first?.path ?? '',
    faults: result.faults,
  })
}

const refuseStaleGeneration = (service: string, current: number, expected: number | undefined): void => {
  if (expected === undefined || expected === current) return
  throw new ApiError(412, {
    code: 'E_GENERATION',
    message: `${service} is at generation ${current}; expected ${expected}; nothing was recorded: read it again, then repeat`,
    path: 'expectedGeneration',
  })
}

/** Against what is in force, also when a newer generation was refused: the decider would refuse this one too. */
const refuseImmutable = (model: ReadModel, after: ServiceManifest): void => {
  const inForce = model.services.get(after.metadata.name)?.inForce ?? null
  const before = inForce === null ? null : manifestOf(inForce.manifest)
  const faults = before === null ? [] : immutableFaults(before, after)
  if (faults.length === 0) return
  throw new ApiError(409, {
    code: 'E_SPEC_IMMUTABLE',
    message: `${faults.map(showFault).join('; ')}; nothing was recorded`,
    path: faults[0]?.path ?? '',
    faults,
  })
}

/** Only when the newest generation is the one in force: otherwise a repeat must be recorded again. */
const manifestInForce = (model: ReadModel, service: string): ServiceManifest | null => {
  const record = model.services.get(service)
  if (record === undefined || record.inForce === null) return null
  return record.newest.generation === model.generations.get(service) && record.newest.accepted ? manifestOf(record.inForce.manifest) : null
}

const unchanged = (model: ReadModel, service: string): ApplyAnswer => ({
  outcome: 'unchanged',
  service,
  generation: model.generations.get(service) ?? 0,
  message: 'the file says what is in force already',
})

const refuseSteepDecrease = (before: ServiceManifest, after: ServiceManifest, confirmed: number | undefined): void => {
  const steep = steepDecrease(before, after, confirmed)
  if (steep === null) return
  throw new ApiError(409, {
    code: 'E_SAFETY_STEP',
    message:
      `${steep.from} → ${steep.to} lowers the minimum by ${steep.percent} %; at most 50 % unless confirmed; ` +
      `nothing was recorded: repeat with --confirm-decrease ${steep.percent} if you mean it`,
    path: steep.path,
  })
}

const recordAndWait = async (ports: ApplyPorts, request: ApplyRequest, manifest: ServiceManifest): Promise<ApplyAnswer> => {
  const { model, appender, clock } = ports
  const service = manifest.metadata.name
  const generation = (model.generations.get(service) ?? 0) + 1
  const canonical = canonicalJson(manifest)
  // Noted before the append returns, so that a second request in flight gets the next generation.
  model.generations.set(service, generation)
  const verdict = waitForVerdict(model, { service, generation, manifest: canonical, waitMs: request.waitMs })
  try {
    await appender.append([
      {
        topic: 'signals',
        key: service,
        event: { type: 'ServiceConfigured', service, generation, manifest: canonical, author: request.author, time: clock.now() },
      },
    ])
  } catch (error) {
    verdict.cancel()
    throw error
  }
  return { service, generation, ...(await verdict.outcome) }
}
