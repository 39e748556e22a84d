/** "Did you mean": the allowed word nearest to a misspelt one. */

/**
 * The word of `allowed` with the fewest edits from `word`, or null when even the nearest is more than a third of
 * its length away: `maxReplcas` finds `maxReplicas`, `banana` finds nothing.
 */
export const nearestWord = (word: string, allowed: readonly string[]): string | null => {
  // Longer input is no misspelling; the bound also keeps the table below small.
  if (word.length > 64) return null
  const ranked = allowed
    .map((candidate) => ({ candidate, edits: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, edits }) => edits <= Math.max(1, Math.floor(candidate.length / 3)))
    .sort((a, b) => a.edits - b.edits)
  return ranked[0]?.candidate ?? null
}

/** Levenshtein distance, one row of the table at a time. */
const editDistance = (from: string, to: string): number => {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i++) row = nextRow(row, { to, char: from[i - 1] as string, edits: i })
  return row[to.length] as number
}

const nextRow = (above: readonly number[], at: { to: string; char: string; edits: number }): number[] => {
  const row = [at.edits]
  for (let j = 1; j <= at.to.length; j++) {
    const replaced = (above[j - 1] as number) + (at.to[j - 1] === at.char ? 0 : 1)
    row.push(Math.min(replaced, (above[j] as number) + 1, (row[j - 1] as number) + 1))
  }
  return row
}
