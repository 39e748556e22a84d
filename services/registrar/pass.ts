/**
 * One pass of the registrar over a sub-cluster: list all groups, read those with something to change, then change gates one by one in the planned order.
 * Nothing is remembered between passes but what the metrics need, so any pass may be the first.
 */
import type { GroupStatus, Logger, SubCluster } from '../../core/ports.ts'
import type { GroupId } from '../../core/ids.ts'
import { inBand } from '../../core/ratio-band.ts'
import { roles, showCounts, type Role } from '../../core/roles.ts'
import { servingCounts } from '../../core/rollout/group-instances.ts'
import { planRegistration } from '../../core/rollout/registration.ts'
import type { RegistrarMeters } from './meters.ts'

export type PassOptions = { readonly subCluster: SubCluster; readonly meters: RegistrarMeters; readonly log: Logger }

export type Registrar = {
  /** Throws the operating error of the read. A group whose gates could not all be changed waits for the next pass. */
  pass(): Promise<void>
}

export const createRegistrar = ({ subCluster, meters, log }: PassOptions): Registrar => {
  /** Groups that were out of band at the last pass: an excursion is counted once, when it begins. */
  let outside = new Set<string>()
  const noteExcursions = (groups: readonly GroupStatus[]): void => {
    const now = groups.filter((group) => !inBand(servingCounts(group), group.band))
    for (const group of now.filter(({ group }) => !outside.has(group))) {
      meters.excursions.inc()
      log.warn(describe(group), 'registered P/D is out of band; it returns as instances become ready')
    }
    outside = new Set(now.map(({ group }) => group))
  }
  return {
    pass: async () => {
      const { groups } = await subCluster.listGroups()
      noteExcursions(groups)
      gauge(groups, meters)
      for (const group of groups) if (planRegistration(group).length > 0) await readAndChange(group.group, { subCluster, meters, log })
    },
  }
}

/** Lists may come from a cache that lags behind a loss: gates are changed on top of what the group itself says now. */
const readAndChange = async (name: GroupId, options: PassOptions): Promise<void> => {
  try {
    const group = await options.subCluster.readGroup(name)
    if (group !== null) await changeGates(group, options)
  } catch (error) {
    options.log.warn({ err: error, group: name }, 'E_GATE the group could not be read, so its gates stay as they are; the next pass reads it again')
  }
}

/** Stops at the first gate that cannot be changed: the ones after it were planned on top of it. */
const changeGates = async (group: GroupStatus, { subCluster, meters, log }: PassOptions): Promise<void> => {
  for (const gate of planRegistration(group)) {
    try {
      await subCluster.setRegistered({ group: group.group, ...gate })
      meters.gates.inc({ action: gate.registered ? 'open' : 'close' })
      log.info({ group: group.group, ...gate, target: showCounts(group.registrationTarget) }, gate.registered ? 'gate opened' : 'gate closed')
    } catch (error) {
      meters.gates.inc({ action: 'failed' })
      log.warn({ err: error, group: group.group, ...gate }, 'E_GATE unknown whether the gate changed; the next pass reads the group again')
      return
    }
  }
}

const gauge = (groups: readonly GroupStatus[], meters: RegistrarMeters): void => {
  const count = (role: Role): number => groups.reduce((sum, group) => sum + servingCounts(group)[role], 0)
  for (const role of roles) meters.registered.set({ role }, count(role))
}

const describe = (group: GroupStatus): object => ({
  group: group.group,
  registered: showCounts(servingCounts(group)),
  target: showCounts(group.registrationTarget),
  band: group.band,
})
