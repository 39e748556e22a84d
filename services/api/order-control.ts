/**
 * Records an order of an operator, and waits until the deciders of all services that it concerns act on it. Effects heed
 * it from the moment of the record on: what carries them out reads `controls` before each.
 */
import { controlKey, fleetScope, scopeOf } from '../../core/controls/controls.ts'
import { stopOf } from '../../core/controls/stop.ts'
import type { ControlSet } from '../../core/events/control.ts'
import type { RoleCounts } from '../../core/roles.ts'
import { sameCounts, showCounts } from '../../core/roles.ts'
import { nearestPair } from '../../core/scaling/ratio.ts'
import { maximumOf, minimumOf, ratioBandOf } from '../../core/service/specification.ts'
import type { ControlOrderedAnswer, ServiceAnswer } from './answers.ts'
import { ApiError } from './api-error.ts'
import type { ApplyPorts } from './apply.ts'
import type { ControlOrder } from './control-order.ts'
import { serviceNotFound } from './not-found.ts'
import type { ReadModel } from './read-model.ts'
import { isRelease, refuseShorter, replacedBy } from './replacement.ts'
import { serviceAnswer } from './service-view.ts'
import { waitFor } from './wait-for.ts'

export type OrderRequest = {
  readonly order: ControlOrder
  readonly author: string
  /** Wall time. */
  readonly waitMs: number
}

/** Throws `ApiError` for what is refused; nothing is recorded then. */
export const orderControl = async (ports: ApplyPorts, { order, author, waitMs }: OrderRequest): Promise<ControlOrderedAnswer> => {
  const { model, appender, clock } = ports
  const services = concernedBy(model, order)
  const event = recordOf(order, author, clock.now())
  refuseUnsafeScale(model, event)
  const replaced = replacedBy(event, model.controls.inForce(event.time))
  if (order.replace !== true) refuseShorter(event, replaced)
  const before = new Map(services.map((service) => [service, model.controls.directivesOf(service)]))
  const ticksBefore = new Map(services.map((service) => [service, model.ticks.countBeside(service)]))
  const [appended] = await appender.append([{ topic: 'controls', key: controlKey(event), event }])
  const orderEnd = (appended?.offset ?? 0) + 1
  const isConfirmed = (service: string): boolean => {
    const hasTicked = model.ticks.countBeside(service) > (ticksBefore.get(service) ?? 0)
    return !model.services.has(service) || model.controls.isConfirmed(service, { orderEnd, before: before.get(service) ?? [], hasTicked })
  }
  await waitFor(model, { found: () => services.every(isConfirmed) || null, late: () => false, waitMs }).outcome
  const { type: _type, ...control } = event
  return { control, replaced, confirmed: services.filter(isConfirmed), waiting: services.filter((service) => !isConfirmed(service)) }
}

/** A service whose every file was refused is managed by nobody: nobody would confirm. What stands over a deleted one can be released all the same. */
const concernedBy = (model: ReadModel, order: ControlOrder): readonly string[] => {
  const { scope, control } = order
  const managed = [...model.services].filter(([, { inForce }]) => inForce !== null).map(([name]) => name)
  if (scope === fleetScope) return managed.sort()
  const name = scope.replace(/^service\//, '')
  if (managed.includes(name)) return [name]
  return isRelease(order) && model.controls.directivesOf(name).some((directive) => directive.scope === scope && directive.control === control) ? [] : serviceNotFound(name, model)
}

const recordOf = ({ scope, control, value, prefill, decode, forSeconds, reason }: ControlOrder, author: string, time: number): ControlSet => ({
  type: 'ControlSet',
  scope,
  control,
  value,
  prefill: prefill ?? null,
  decode: decode ?? null,
  untilMs: forSeconds === undefined ? null : time + forSeconds * 1000,
  author,
  reason: reason.trim(),
  time,
})

const refuseUnsafeScale = (model: ReadModel, { scope, control, value, prefill, decode, time }: ControlSet): void => {
  if (control !== 'manual-scale' || value !== 'on' || prefill === null || decode === null) return
  const service = scope.replace(/^service\//, '')
  const stop = stopOf(model.controls.directivesOf(service), time)
  if (stop !== null) {
    const message = `${stop.code}: ${stop.detail}; no scale is carried out until it is released; nothing was recorded`
    throw new ApiError(409, { code: 'E_SAFETY_STOPPED', message, path: scope })
  }
  refuseOutsideLimits({ prefill, decode }, serviceAnswer(model, service, time))
}

/** Bounds and P/D band, with the slack of as many groups as the service has now. */
const refuseOutsideLimits = (asked: RoleCounts, answer: ServiceAnswer | null): void => {
  if (answer === null || answer.manifest === null) return
  const { spec } = answer.manifest
  const box = { least: minimumOf(spec), most: maximumOf(spec) }
  const band = ratioBandOf(spec)
  const groups = Math.max(1, answer.observed?.groups ?? 1)
  const nearest = nearestPair(asked, box, { ratio: spec.ratio, band, groups })
  if (nearest !== null && sameCounts(nearest, asked)) return
  const allowed = `${showCounts(box.least)} to ${showCounts(box.most)} with P/D between ${band.lo} and ${band.hi}`
  const advice = nearest === null ? 'no pair is inside both' : `the nearest allowed is ${showCounts(nearest)}`
  throw new ApiError(409, { code: 'E_SAFETY_SCALE', message: `got ${showCounts(asked)}; ${allowed}: ${advice}; nothing was recorded`, path: scopeOf(answer.name) })
}
