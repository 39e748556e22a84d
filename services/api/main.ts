/** The process `api`: read model of the log over HTTP, and the door through which service files and operators' orders enter it. */
import { runService } from '../run.ts'
import { startApi } from './start.ts'

await runService({
  name: 'api',
  config: {},
  start: (context) => startApi({ ...context, topicPrefix: context.config.HETEROSCALE_TOPIC_PREFIX }),
})
