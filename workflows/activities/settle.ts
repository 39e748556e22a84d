/** Tells the service's workflow how a group stands; workflows cannot update each other, so an activity does. */
import type { GroupSettlement } from '../../core/rollout/submission.ts'
import type { RolloutPorts } from './ports.ts'

export const createSettle =
  ({ teller }: RolloutPorts) =>
  (settlement: GroupSettlement): Promise<void> =>
    teller.tell(settlement)
