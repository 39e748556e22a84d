/** Writes that a fault held back on their way: they were called in its interval, and took effect up to `delayMs` later, whoever was gone by then. */
import type { ChangeLine } from './evidence.ts'
import type { View, Write } from './view.ts'

/** `toMs`: infinite where nobody told the end. */
export type WriteDelay = { readonly subCluster: string; readonly fromMs: number; readonly toMs: number; readonly delayMs: number }

/** As the fault injector says, or the sub-cluster's own log of planted faults. */
export const writeDelaysOf = ({ evidence }: View): readonly WriteDelay[] => [
  ...evidence.nemesis.filter(({ fault }) => fault === 'delayed-write').map(({ target, fromMs, toMs, delayMs = 0 }) => ({ subCluster: target, fromMs, toMs, delayMs })),
  ...Object.entries(evidence.subClusters).flatMap(([subCluster, lines]) => lines.flatMap((line) => plantedDelay(subCluster, line))),
]

const plantedDelay = (subCluster: string, line: ChangeLine): readonly WriteDelay[] => {
  if (line.kind !== 'fault' || !line.detail.includes('api-delayed-write')) return []
  return [{ subCluster, fromMs: line.time, toMs: Infinity, delayMs: Number(/"delayMs":(\d+)/.exec(line.detail)?.[1] ?? 0) }]
}

/** Whether the write may have been called no later than `calledMs`: its own sub-cluster held writes back then, and long enough. */
export const mayBeCalledBy = (delays: readonly WriteDelay[], { line, subCluster }: Write, calledMs: number): boolean =>
  delays.some((delay) => delay.subCluster === subCluster && delay.fromMs <= calledMs && line.time <= Math.min(calledMs, delay.toMs) + delay.delayMs)
