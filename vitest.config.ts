import { defineConfig } from 'vitest/config'

/**
 * Two projects. `unit` needs nothing but this checkout. `servers` talks to a real Kafka broker and a real
 * Temporal server, which `test/support/servers.ts` starts once for all its files; those files run one after
 * another because the machine that runs them may have two cores. `npm test` runs the two projects side by side.
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
      {
        test: {
          name: 'servers',
          include: ['test/**/*.e2e.test.ts'],
          globalSetup: ['test/support/servers.ts'],
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
})
