/** Starts one real Kafka and one real Temporal for all tests of the project `servers`; tests read the addresses with `inject`. */
import type {} from 'vitest'
import type { TestProject } from 'vitest/node'
import { startStack } from '../../infra/local/stack.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Addresses of the broker, for example `['127.0.0.1:9092']`. */
    kafkaBrokers: string[]
    /** Address of the Temporal server, for example `127.0.0.1:7233`. */
    temporalAddress: string
  }
}

/** vitest's global set-up; what it returns runs after the last test. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stack = await startStack({ onProgress: (line) => console.log(`servers: ${line}`) })
  project.provide('kafkaBrokers', stack.kafkaBrokers)
  project.provide('temporalAddress', stack.temporalAddress)
  return () => stack.stop()
}
