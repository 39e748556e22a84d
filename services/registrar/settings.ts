/** Configuration of the registrar. Its loop runs on wall time: a gate that waits costs users at any speed. */
import { subClusterList, wholeNumber } from '../config.ts'

export const registrarShape = {
  /** The one sub-cluster that this registrar serves, as `name=http://host:port`. */
  HETEROSCALE_SUB_CLUSTER: subClusterList.refine((all) => all.length === 1, 'exactly one name=http://host:port; run a registrar per sub-cluster'),
  /** Wall time between two reads of the sub-cluster. */
  HETEROSCALE_REGISTRAR_INTERVAL_MS: wholeNumber(20, 60_000).default(150),
  /** Wall time that one call to the sub-cluster may take. */
  HETEROSCALE_REGISTRAR_TIMEOUT_MS: wholeNumber(50, 60_000).default(2000),
}
