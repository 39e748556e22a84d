/** What people order while all this happens: stops, counts by hand, changed service files. */
import { controlKey } from '../../../core/controls/controls.ts'
import type { ControlKind, ControlSet, ControlValue } from '../../../core/events/control.ts'
import type { World } from '../world.ts'
import type { Strike } from './strike.ts'

type Order = Pick<ControlSet, 'scope' | 'control' | 'value' | 'prefill' | 'decode'>

const order = (world: World, wanted: Order): void => {
  const event: ControlSet = { type: 'ControlSet', ...wanted, untilMs: null, author: 'operator', reason: 'a drill', time: world.stage.nowMs }
  world.append({ topic: 'controls', key: controlKey(event), event }, () => world.stage.hit(`ordered:${wanted.control}`))
}

const none = { prefill: null, decode: null }

const fleetStop =
  (control: ControlKind): Strike =>
  (world) => {
    order(world, { scope: 'fleet', control, value: 'on', ...none })
    return { target: 'fleet', lift: () => order(world, { scope: 'fleet', control, value: 'released', ...none }) }
  }

const serviceMode =
  (value: ControlValue): Strike =>
  (world) => {
    const { name } = world.stage.pick(world.services)
    const scope = `service/${name}`
    order(world, { scope, control: 'mode', value, ...none })
    return { target: name, lift: () => order(world, { scope, control: 'mode', value: 'auto', ...none }) }
  }

const manualScale: Strike = (world, { draw }) => {
  const { name } = world.stage.pick(world.services)
  const scope = `service/${name}`
  const prefill = 1 + Math.floor(5 * draw)
  order(world, { scope, control: 'manual-scale', value: 'on', prefill, decode: 2 * prefill })
  return { target: name, lift: () => order(world, { scope, control: 'manual-scale', value: 'released', ...none }) }
}

const boundsChanged: Strike = (world, { draw }) => {
  const service = world.stage.pick(world.services)
  const { manifest } = service
  const { roles } = manifest.spec
  const maximum = 2 + Math.floor(3 * draw)
  const narrow = { ...manifest.spec, roles: { prefill: { ...roles.prefill, maxReplicas: maximum }, decode: { ...roles.decode, maxReplicas: 2 * maximum } } }
  world.configure(service, { ...manifest, spec: narrow })
  world.stage.hit('bounds-changed')
  return { target: service.name, lift: () => world.configure(service) }
}

export const operatorActs = {
  'kill-switch': fleetStop('kill-switch'),
  'freeze': fleetStop('freeze'),
  'pause-service': serviceMode('paused'),
  'recommend-only': serviceMode('recommend'),
  'manual-scale': manualScale,
  'bounds-changed': boundsChanged,
} as const
