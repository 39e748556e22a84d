/** When a process does its work again. */
import { until } from '../support/until.ts'
import type { Stage } from './stage.ts'

/** Its own word: partitions read to their end, workers polling. */
export const readyAgain = async (stage: Stage, name: string): Promise<void> => {
  const url = stage.fleet.urls[name]
  if (url === undefined) return
  await until(`${name} is ready`, async () => (await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) }).catch(() => null))?.status === 200)
}
