/** What every bench is given. */
import { startStack } from '../infra/local/stack.ts'

export type BenchContext = {
  readonly rounds: number
  /** Sizes that end within seconds: they show that the bench works, and say nothing about speed. */
  readonly quick: boolean
  readonly onProgress: (line: string) => void
}

/** Runs against a broker of its own, or the one that KAFKA_BROKERS names. */
export const withKafka = async <Result>({ onProgress }: BenchContext, work: (brokers: readonly string[]) => Promise<Result>): Promise<Result> => {
  const stack = await startStack({ temporal: false, onProgress })
  try {
    return await work(stack.kafkaBrokers)
  } finally {
    await stack.stop()
  }
}
