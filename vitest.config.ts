import { defineConfig } from 'vitest/config'

const onServers = {
  globalSetup: 'test/support/servers.ts',
  pool: 'forks',
  fileParallelism: false,
  testTimeout: 180_000,
  hookTimeout: 180_000,
} as const
const benches = 'test/bench/**/*.e2e.test.ts'

/**
 * Three projects. `unit` needs nothing but this checkout. `servers` talks to a real Kafka broker and a real
 * Temporal server, which `test/support/servers.ts` starts once for all its files; those files run one after
 * another because the machine that runs them may have two cores. `benches` does so too, and asks only whether each bench
 * runs to its end. `npm test` runs `servers` beside the two others.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.e2e.test.ts', 'test/planted/**'],
          // These run beside the other project, and give way to it (infra/local/run-tests.mjs).
          testTimeout: 60_000,
        },
      },
      { test: { name: 'servers', include: ['test/**/*.e2e.test.ts'], exclude: [benches], ...onServers } },
      { test: { name: 'benches', include: [benches], ...onServers } },
    ],
  },
})
