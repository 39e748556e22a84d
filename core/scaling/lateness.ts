/** How long a sample may be under way. */
import type { DurationMs } from '../units.ts'

/** A tick at T decides on windows that end by T − this: until then a sample may be under way (DESIGN 3.3). */
export const latenessMs: DurationMs = 2_000
