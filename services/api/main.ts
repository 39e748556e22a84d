/** The process `api`: read model of the log over HTTP, the door through which service files and operators' orders enter it, and the schema registry. */
import { runService } from '../run.ts'
import { addSchemaRegistry } from './registry-routes.ts'
import { startApi } from './start.ts'

await runService({
  name: 'api',
  config: {},
  start: async (context) => {
    await addSchemaRegistry(context.http, { topicPrefix: context.config.HETEROSCALE_TOPIC_PREFIX, log: context.log })
    return startApi({ ...context, topicPrefix: context.config.HETEROSCALE_TOPIC_PREFIX })
  },
})
