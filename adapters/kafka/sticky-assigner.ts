/**
 * kafkajs has one assigner, round robin over the list of all partitions: with a fourth member 18 of 24 partitions change their
 * owner where 6 would do. This one leaves partitions where they are as far as equal shares allow, and gives partition n of
 * every topic of the group to the same member.
 */
import kafkajs from 'kafkajs'
import type { Assigner, PartitionAssigner } from 'kafkajs'
import { shareOut } from './sticky-shares.ts'
import type { Claim } from './sticky-shares.ts'

/** What this process was assigned last; it claims that again when it joins. */
export type Holding = Omit<Claim, 'memberId'>

export const nothingHeld: Holding = { partitions: [], sinceMs: 0 }

/** `holding` is asked at each join. Members that know only round robin make the group fall back to it. */
export const stickyAssigners = (holding: () => Holding): PartitionAssigner[] => [stickyAssigner(holding), kafkajs.PartitionAssigners.roundRobin]

const version = 0
const { MemberMetadata, MemberAssignment } = kafkajs.AssignerProtocol

const stickyAssigner = (holding: () => Holding): PartitionAssigner => ({ cluster }): Assigner => ({
  name: 'HeteroScaleStickyAssigner',
  version,
  protocol({ topics }) {
    return { name: this.name, metadata: MemberMetadata.encode({ version, topics, userData: Buffer.from(JSON.stringify(holding())) }) }
  },
  assign: ({ members, topics }) => {
    const counts = topics.map((topic) => ({ topic, ids: cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId) }))
    const all = [...new Set(counts.flatMap(({ ids }) => ids))].sort((a, b) => a - b)
    const shares = shareOut(all, members.map(({ memberId, memberMetadata }) => ({ memberId, ...heldIn(MemberMetadata.decode(memberMetadata)?.userData) })))
    const assignmentOf = (share: readonly number[]) => Object.fromEntries(counts.map(({ topic, ids }) => [topic, ids.filter((id) => share.includes(id))]))
    return Promise.resolve(
      [...shares].map(([memberId, share]) => ({ memberId, memberAssignment: MemberAssignment.encode({ version, assignment: assignmentOf(share), userData: Buffer.alloc(0) }) })),
    )
  },
})

/** What cannot be read claims nothing: stickiness is a saving, not a need. */
const heldIn = (userData: Buffer | null | undefined): Holding => {
  try {
    const { partitions, sinceMs } = JSON.parse(String(userData)) as Partial<Holding>
    const isReadable = Array.isArray(partitions) && partitions.every(Number.isSafeInteger) && typeof sinceMs === 'number'
    return isReadable ? { partitions, sinceMs } : nothingHeld
  } catch {
    return nothingHeld
  }
}
