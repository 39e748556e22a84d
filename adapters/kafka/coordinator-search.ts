/**
 * Makes kafkajs ask again for the coordinator of a group. Whatever goes wrong while it asks, a connection that ends or a broker that
 * starts or stops, becomes "Failed to find group coordinator", which it counts among the errors that no repetition can mend: the
 * consumer ends for good (2.2.4: `withBroker` swallows the error, `findGroupCoordinatorMetadata` throws this one).
 */
import kafkajs from 'kafkajs'
import { patchOnce } from './patch-once.ts'

type Cluster = { findGroupCoordinatorMetadata(of: object): Promise<unknown> }
type ClusterClass = { readonly prototype: Cluster }

/** Idempotent. The type is the one after which it asks for metadata and then tries again, as often as its retries allow. */
export const searchCoordinatorAgain = (): void =>
  patchOnce<ClusterClass>('kafkajs/src/cluster/index.js', ({ prototype }) => {
    const find = prototype.findGroupCoordinatorMetadata
    prototype.findGroupCoordinatorMetadata = async function findOrTryAgain(this: Cluster, of: object): Promise<unknown> {
      try {
        return await find.call(this, of)
      } catch (error) {
        if (!(error instanceof Error) || error.name !== 'KafkaJSGroupCoordinatorNotFound') throw error
        throw Object.assign(new kafkajs.KafkaJSError(error), { type: 'GROUP_COORDINATOR_NOT_AVAILABLE' })
      }
    }
  })
