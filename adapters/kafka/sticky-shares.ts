/**
 * Which member of a group gets which partitions: shares differ by at most one, and as few partitions as possible change
 * their owner, since each new owner restores state and begins a warm-up without scale-in.
 */

/** What a member says when it joins: the partitions that it had last, and since when. */
export type Claim = { readonly memberId: string; readonly partitions: readonly number[]; readonly sinceMs: number }

/** Every partition goes to exactly one member. Pure, and the same for any order of the claims. */
export const shareOut = (partitions: readonly number[], claims: readonly Claim[]): ReadonlyMap<string, readonly number[]> => {
  const held = uncontested(partitions, claims)
  const least = Math.floor(partitions.length / held.length)
  let larger = partitions.length % held.length
  const shares = held.map(({ memberId, kept }) => {
    const most = kept.length > least && larger > 0 ? least + 1 : least
    if (most > least) larger -= 1
    return { memberId, share: kept.slice(0, most) }
  })
  const taken = new Set(shares.flatMap(({ share }) => share))
  const free = partitions.filter((partition) => !taken.has(partition))
  for (const { share } of shares) share.push(...free.splice(0, least - share.length))
  for (const { share } of shares) if (share.length === least && free.length > 0 && larger > 0) share.push(...free.splice(0, 1))
  return new Map(shares.map(({ memberId, share }) => [memberId, share.sort((a, b) => a - b)]))
}

type Held = { readonly memberId: string; readonly kept: readonly number[] }

/** Largest holdings first. A partition that two claim is the later one's: who fell out of the group claims what it had before. */
const uncontested = (partitions: readonly number[], claims: readonly Claim[]): readonly Held[] => {
  const left = new Set(partitions)
  const take = (wanted: readonly number[]): number[] => [...new Set(wanted)].filter((partition) => left.delete(partition))
  return [...claims]
    .sort((a, b) => b.sinceMs - a.sinceMs || byText(a.memberId, b.memberId))
    .map(({ memberId, partitions: wanted }): Held => ({ memberId, kept: take(wanted) }))
    .sort((a, b) => b.kept.length - a.kept.length || byText(a.memberId, b.memberId))
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
