/** What was asked of a sub-cluster, as somebody between it and the caller would write it down. */
import type { SubCluster } from '../../../core/ports.ts'
import { isPortError } from '../../../core/port-error.ts'
import type { EpochMs } from '../../../core/units.ts'

/** In the order in which they were asked. `key` is null for reads and gates; `group` for those that ask for all. */
export type CallLine = {
  readonly time: EpochMs
  readonly method: 'readGroup' | 'listGroups' | 'applyGroup' | 'setRegistrationTarget' | 'undo' | 'setRegistered'
  readonly group: string | null
  readonly key: string | null
  readonly outcome: 'answered' | 'timeout' | 'unavailable'
}

type Asked = Omit<CallLine, 'time' | 'outcome'>

/** The same port, with each call about groups in `lines`. One whose caller dies before he hears stays without an answer. */
export const recordCalls = (port: SubCluster, lines: CallLine[], now: () => EpochMs): SubCluster => {
  const record = async <T>(asked: Asked, call: Promise<T>): Promise<T> => {
    const line: { -readonly [Field in keyof CallLine]: CallLine[Field] } = { time: now(), ...asked, outcome: 'unavailable' }
    lines.push(line)
    try {
      const answer = await call
      line.outcome = 'answered'
      return answer
    } catch (error) {
      line.outcome = outcomeOf(error)
      throw error
    }
  }
  return {
    name: port.name,
    listNodes: () => port.listNodes(),
    listGroups: () => record({ method: 'listGroups', group: null, key: null }, port.listGroups()),
    readGroup: (group) => record({ method: 'readGroup', group, key: null }, port.readGroup(group)),
    applyGroup: (write) => record({ method: 'applyGroup', group: write.group, key: write.key }, port.applyGroup(write)),
    setRegistrationTarget: (write) => record({ method: 'setRegistrationTarget', group: write.group, key: write.key }, port.setRegistrationTarget(write)),
    undo: (write) => record({ method: 'undo', group: write.group, key: write.key }, port.undo(write)),
    setRegistered: (gate) => record({ method: 'setRegistered', group: gate.group, key: null }, port.setRegistered(gate)),
  }
}

/** Whoever is refused for a reason knows what became of his call. */
const outcomeOf = (error: unknown): CallLine['outcome'] => {
  if (isPortError(error, 'timeout')) return 'timeout'
  return isPortError(error) && !isPortError(error, 'unavailable') ? 'answered' : 'unavailable'
}
