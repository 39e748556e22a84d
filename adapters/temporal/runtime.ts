/** Settings of Temporal's native core, of which a process has one. */
import { DefaultLogger, Runtime } from '@temporalio/worker'
import type { Logger } from '../../core/ports.ts'

/**
 * To be called before the first connection. The SDK's lines go to our log; signals are left to the service's frame,
 * which stops workers after the consumer.
 */
export const installTemporalRuntime = (log: Logger): void => {
  Runtime.install({ shutdownSignals: [], logger: new DefaultLogger('INFO', (entry) => write(log, entry)) })
}

type Entry = { readonly level: string; readonly message: string; readonly meta?: object | undefined }

const write = (log: Logger, { level, message, meta = {} }: Entry): void => {
  if (level === 'ERROR') log.error(meta, message)
  else if (level === 'WARN') log.warn(meta, message)
  else log.debug(meta, message)
}
