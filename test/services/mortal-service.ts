/** A service for test/services/run.test.ts: dies, or lives until it is told to stop, as its first argument says. */
import { runService } from '../../services/run.ts'

const [fate] = process.argv.slice(2)

await runService({
  name: 'mortal',
  config: {},
  start: async ({ log }) => ({
    ready: () => fate !== 'unready',
    live: () => fate !== 'stalled',
    ...(fate === 'consumer-dies' ? { died: Promise.reject(new Error('the consumer is dead')) } : {}),
    stop: async () => log.info({}, 'finished what was in flight'),
  }),
})
