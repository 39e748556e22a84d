/** Node's own timers behind the port, for every process but a simulated one. */
import type { WallTimers } from '../core/ports.ts'

export const wallTimers: WallTimers = {
  after: (wallMs, call) => {
    const timer = setTimeout(call, wallMs)
    return () => clearTimeout(timer)
  },
}
