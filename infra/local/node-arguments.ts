/** How node is started for each of our services; docker-compose.yml says the same, and a test compares both. */

/**
 * MB of each half of the young generation. A decider replaces what it knows of each of its services once a scrape; in node's 16 MB
 * a thousand services outlive their collection by a little, and are copied twice for nothing.
 */
const deciderSemiSpaceMb = 64

/** Arguments before the script. */
export const nodeArgumentsOf = (service: string): readonly string[] => [
  '--enable-source-maps',
  ...(service === 'decider' ? [`--max-semi-space-size=${deciderSemiSpaceMb}`] : []),
]
