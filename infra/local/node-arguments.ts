/** How node is started for each of our services; docker-compose.yml says the same, and a test compares both. */

/**
 * A decider replaces what it knows of each of its services once a scrape. In node's young generation of 16 MB a thousand services
 * outlive their collection by a little, and are copied twice for nothing; what is copied again and again fills the old one, which node
 * then collects whole for each 40 MB of it. And the collector's helper threads add 1 to 2 µs of CPU to the 17 µs of a record, to
 * shorten pauses that are short beside a tick as they are. MB, of each half of the young generation and of the old one.
 */
const deciderArguments = ['--max-semi-space-size=64', '--initial-old-space-size=256', '--single-threaded-gc']

/** Arguments before the script. */
export const nodeArgumentsOf = (service: string): readonly string[] => [
  '--enable-source-maps',
  ...(service === 'decider' ? deciderArguments : []),
]
