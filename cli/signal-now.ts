/** A signal of a service as it stands now. */
import type { ServiceAnswer } from '../services/api/answers.ts'
import { showNumber } from './quantities.ts'

/** `-` when nothing was measured; `stale` when the newest value is older than the service's file lets anybody rely on. */
export const showSignal = ({ signals, manifest }: ServiceAnswer, name: string, now: number): string => {
  const newest = signals.find(({ signal }) => signal === name)
  if (newest === undefined) return '-'
  const isOld = (endMs: number): boolean => manifest !== null && now - endMs > manifest.spec.evidence.staleAfterSeconds * 1000
  if (!isOld(newest.windowEndMs)) return showNumber(newest.value)
  // Without requests there is no latency to measure: that is idle, and not stale.
  const isIdle = !name.endsWith('Tps') && signals.some(({ signal, value, windowEndMs }) => signal.endsWith('Tps') && value === 0 && !isOld(windowEndMs))
  return isIdle ? '-' : 'stale'
}
