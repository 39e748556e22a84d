/** Many seeds on several processes: each gets a seed, and another when it has answered. */
import { fork, type ChildProcess } from 'node:child_process'
import { judge, type JudgedSummary } from './judge.ts'
import type { HistoryChoice } from './options.ts'

export type PoolOptions = {
  readonly program: string
  readonly workers: number
  readonly seeds: readonly number[]
  readonly choice: HistoryChoice
  /** False: no further seed is begun; those that are under way come to their end. */
  readonly onSummary: (summary: JudgedSummary) => boolean
}

/** A history is made of objects that die with it: the fewer are collections while it runs, the fewer are copied. Every core has a worker already, so that none is free to help another one collect. */
const forThroughput = ['--max-semi-space-size=128', '--single-threaded-gc']

type Order = { readonly seed: number; readonly choice: HistoryChoice }

/** Resolves when every seed that was begun is judged; rejects when a worker ended early. */
export const judgeAll = async ({ program, workers, seeds, choice, onSummary }: PoolOptions): Promise<void> => {
  const left = [...seeds].reverse()
  const start = (): ChildProcess => fork(program, ['--worker'], { execArgv: [...process.execArgv, ...forThroughput] })
  await Promise.all(Array.from({ length: Math.min(workers, seeds.length) }, () => serveWorker(start(), { left, choice, onSummary })))
}

type Serving = { readonly left: number[]; readonly choice: HistoryChoice; readonly onSummary: PoolOptions['onSummary'] }

const serveWorker = (worker: ChildProcess, { left, choice, onSummary }: Serving): Promise<void> =>
  new Promise((resolve, reject) => {
    let seed: number | undefined
    const next = (): void => {
      seed = left.pop()
      if (seed === undefined) worker.disconnect()
      else worker.send({ seed, choice } satisfies Order)
    }
    worker.on('message', (summary) => {
      if (!onSummary(summary as JudgedSummary)) left.length = 0
      next()
    })
    worker.on('exit', (code) => (seed === undefined ? resolve() : reject(new Error(`a worker ended with code ${code} in seed ${seed}`))))
    next()
  })

/** The other side: judges what it is sent, until the parent lets go. */
export const workForParent = (): void => {
  process.on('message', (order: Order) => {
    judge(order.seed, order.choice).then(
      ({ summary }) => process.send?.(summary),
      (error: unknown) => {
        process.stderr.write(`seed ${order.seed}: ${error instanceof Error ? error.stack : String(error)}\n`)
        process.exit(3)
      },
    )
  })
}
