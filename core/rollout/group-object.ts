/**
 * The object of a deployment group as its sub-cluster stores it, and the store of all of them. Writes are decided in
 * group-write.ts; here stands what they are decided on and how an accepted write changes it. The emulator and the
 * memory twin keep their groups with this same code.
 */
import type { GroupId } from '../ids.ts'
import type { GroupStatus } from '../ports.ts'

/** Specification and registration target of a group: `GroupStatus` without its instances. */
export type GroupObject = Omit<GroupStatus, 'instances'>

/** An accepted write. `before` is null when it created the group, `after` is null when it deleted it. */
export type GroupWritten = {
  readonly type: 'GroupWritten'
  readonly key: string
  /** Key that an undo took back; null for a forward write. */
  readonly undoes: string | null
  readonly group: GroupId
  readonly sequence: number
  readonly before: GroupObject | null
  readonly after: GroupObject | null
}

/** From now on a write with this key is refused, however late it arrives. */
export type KeyBarred = { readonly type: 'KeyBarred'; readonly key: string; readonly group: GroupId }

export type GroupEvent = GroupWritten | KeyBarred

export type GroupStore = {
  readonly groups: ReadonlyMap<GroupId, GroupObject>
  /** Writes that took effect, by idempotency key. */
  readonly written: ReadonlyMap<string, GroupWritten>
  readonly barred: ReadonlySet<string>
  /** Highest sequence that ever wrote a group, kept after its deletion: an older plan cannot create it anew. */
  readonly sequences: ReadonlyMap<GroupId, number>
  /** Counts accepted writes; uids and resource versions derive from it. */
  readonly version: number
}

export const emptyGroupStore: GroupStore = {
  groups: new Map(),
  written: new Map(),
  barred: new Set(),
  sequences: new Map(),
  version: 0,
}

export const evolveGroupStore = (store: GroupStore, event: GroupEvent): GroupStore => {
  if (event.type === 'KeyBarred') return { ...store, barred: new Set([...store.barred, event.key]) }
  const groups = new Map(store.groups)
  if (event.after === null) groups.delete(event.group)
  else groups.set(event.group, event.after)
  const highest = Math.max(event.sequence, store.sequences.get(event.group) ?? 0)
  return {
    ...store,
    groups,
    written: new Map(store.written).set(event.key, event),
    sequences: new Map(store.sequences).set(event.group, highest),
    version: store.version + 1,
  }
}

/** Puts a group into the store that no rollout wrote: a service that runs before the autoscaler comes. */
export const adoptGroup = (store: GroupStore, object: Omit<GroupObject, 'uid' | 'resourceVersion'>): GroupStore => {
  const version = store.version + 1
  const adopted: GroupObject = { ...object, uid: uidOf(object.group, version), resourceVersion: String(version) }
  return { ...store, groups: new Map(store.groups).set(object.group, adopted), version }
}

/** A recreated group gets another uid, so a plan for the old one cannot touch the new one. */
export const uidOf = (group: GroupId, version: number): string => `${group}.${version}`
