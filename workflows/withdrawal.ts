/** `withdrawal/<service>/<intent>`: gives back what a place that was given up may have reserved, when the cell is served again. */
import { ParentClosePolicy, startChild } from '@temporalio/workflow'
import type { PlacementRequest } from '../core/events/placed.ts'
import { placeWithdrawals } from './activity-proxies.ts'

export const withdrawal = async (request: PlacementRequest): Promise<void> =>
  placeWithdrawals(request.cell).withdraw.executeWithOptions({ activityId: `withdraw/${request.sequence}` }, [request])

/** Resolves when it has started; nobody waits for its end, which may be a day away. */
export const startWithdrawal = async (request: PlacementRequest): Promise<void> => {
  await startChild<typeof withdrawal>('withdrawal', {
    workflowId: `withdrawal/${request.service}/${request.requestId}`,
    args: [request],
    parentClosePolicy: ParentClosePolicy.ABANDON,
  })
}
