/** The other side of points.mjs: arms a point in a role's processes, and waits for the proof that it struck. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { projectRoot } from '../../infra/local/project-root.ts'
import { until } from '../support/until.ts'

export type Action = 'SIGKILL' | 'SIGSTOP' | 'notice'

/** Points are passed in their order; the action strikes at the last one. `match`: a pattern for what the point is about. */
export type PointOrder = { readonly role: string; readonly points: readonly PassedPoint[]; readonly action: Action }
export type PassedPoint = { readonly point: string; readonly match?: string }

/** Where and when a process struck itself; wall time. */
export type Bite = { readonly id: string; readonly point: string; readonly detail: string; readonly pid: number; readonly at: number }

export type Call = { readonly key: string; readonly call: string; readonly pid: number; readonly at: number }

export type Arming = {
  /** Environment of a process that shall obey orders for `role`. */
  environment(role: string): Readonly<Record<string, string>>
  arm(order: PointOrder): Armed
  /** Every write to a sub-cluster that a process under test began. */
  calls(): readonly Call[]
}

export type Armed = {
  /** Throws when nothing struck in time: a case whose fault did not happen proves nothing. */
  bitten(withinMs?: number): Promise<Bite>
  /** Takes the order back when it did not strike yet. */
  disarm(): void
}

const preload = pathToFileURL(join(projectRoot, 'test/crash/points.mjs')).href

export const createArming = (dir: string): Arming => {
  mkdirSync(dir, { recursive: true })
  let count = 0
  return {
    environment: (role) => ({ NODE_OPTIONS: `--import=${preload}`, HETEROSCALE_CRASH_DIR: dir, HETEROSCALE_CRASH_ROLE: role }),
    arm: (order) => armIn(dir, `${order.role}-${(count += 1)}`, order),
    calls: () => linesOf(join(dir, 'calls.ndjson')),
  }
}

const armIn = (dir: string, id: string, { role, points, action }: PointOrder): Armed => {
  const file = join(dir, `${role}.json`)
  writeFileSync(`${file}.tmp`, JSON.stringify({ id, points, action }))
  renameSync(`${file}.tmp`, file)
  const proof = join(dir, `${id}.bite`)
  return {
    bitten: async (withinMs = 45_000) => {
      await until(`${id} struck at ${points.map(({ point }) => point).join(' → ')}`, () => existsSync(proof), withinMs)
      return JSON.parse(readFileSync(proof, 'utf8')) as Bite
    },
    disarm: () => rmSync(file, { force: true }),
  }
}

const linesOf = (file: string): readonly Call[] =>
  existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line) as Call) : []
