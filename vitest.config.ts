import { defineConfig } from 'vitest/config'

const oneAfterAnother = {
  pool: 'forks',
  fileParallelism: false,
  testTimeout: 180_000,
  hookTimeout: 180_000,
} as const
const onServers = { ...oneAfterAnother, globalSetup: 'test/support/servers.ts' } as const
const benches = 'test/bench/**/*.e2e.test.ts'
const fleets = ['test/e2e/**/*.e2e.test.ts', 'test/crash/**/*.e2e.test.ts']

/**
 * Four projects. `unit` needs nothing but this checkout. `servers` talks to a real Kafka broker and a real
 * Temporal server, which `test/support/servers.ts` starts once for all its files; those files run one after
 * another because the machine that runs them may have two cores. `benches` does so too, and asks only whether each bench
 * runs to its end. Each file of `fleets` has a fleet of its own on servers of its own. `npm test` runs `fleets` and `benches`
 * beside the two others.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.e2e.test.ts', 'test/planted/**'],
          // These run beside fleets, and give way to them (infra/local/run-tests.mjs).
          testTimeout: 60_000,
          // A module is loaded once for all files of a worker, which spares a fifth of the CPU: no file may leave a global changed.
          isolate: false,
          pool: 'forks',
          maxWorkers: '100%',
        },
      },
      { test: { name: 'fleets', include: fleets, ...oneAfterAnother } },
      { test: { name: 'servers', include: ['test/**/*.e2e.test.ts'], exclude: [benches, ...fleets], ...onServers } },
      { test: { name: 'benches', include: [benches], ...onServers } },
    ],
  },
})
