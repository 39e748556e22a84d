/**
 * A sub-cluster behind the emulator's HTTP API. Every call has a deadline in wall time; an answer that did not come
 * leaves the effect unknown, and the caller reads before it goes on.
 */
import type { NodeObservation } from '../../core/events/observed.ts'
import type { SubClusterId } from '../../core/ids.ts'
import type { GroupStatus, SubCluster, WriteOutcome } from '../../core/ports.ts'
import { subClusterCallMs } from '../../core/rollout/deadlines.ts'
import { emulatorCall } from './http-call.ts'

export type EmulatorSubClusterOptions = {
  readonly name: SubClusterId
  /** Base URL of the emulator, such as `http://127.0.0.1:9500`. */
  readonly url: string
  /** Wall time for one call. */
  readonly timeoutMs?: number
}

export const createEmulatorSubCluster = ({ name, url, timeoutMs = subClusterCallMs }: EmulatorSubClusterOptions): SubCluster => {
  const base = `${url.replace(/\/+$/, '')}/sub-clusters/${encodeURIComponent(name)}`
  const groupUrl = (group: string): string => `${base}/groups/${encodeURIComponent(group)}`
  const get = async <T>(path: string): Promise<T> => (await emulatorCall({ url: path, timeoutMs })) as T
  const post = async (path: string, body: unknown): Promise<unknown> => emulatorCall({ url: path, timeoutMs, body })
  return {
    name,
    listNodes: () => get<readonly NodeObservation[]>(`${base}/nodes`),
    listGroups: () => get<{ readonly complete: boolean; readonly groups: readonly GroupStatus[] }>(`${base}/groups`),
    readGroup: async (group) => (await get<{ readonly group: GroupStatus | null }>(groupUrl(group))).group,
    applyGroup: async (write) => (await post(`${groupUrl(write.group)}/apply`, write)) as WriteOutcome,
    setRegistrationTarget: async (write) => (await post(`${groupUrl(write.group)}/registration-target`, write)) as WriteOutcome,
    undo: async (write) => (await post(`${groupUrl(write.group)}/undo`, write)) as WriteOutcome,
    setRegistered: async ({ group, instance, registered }) => {
      await post(`${groupUrl(group)}/instances/${encodeURIComponent(instance)}/registered`, { registered })
    },
  }
}
