/**
 * How large a measurement may be. What lies beyond is a fault of whoever measured: it counts as not observed. Without
 * bounds one engine that serves 1e306 makes every sum infinite, and a record that no codec writes.
 */

/** Per second and instance, tokens or requests. The fastest engines make some 1e5 tokens/s; 1e6 leaves a decade. */
export const mostPerSecond = 1e6
/** Requests inside one instance. vLLM admits thousands; a million waiting has left every SLO. */
export const mostRequests = 1e9
/** Tokens per second of a service: a thousand instances at the bound of one. */
export const mostServiceTps = 1e9
/** Milliseconds, 11 days; no request lives that long. */
export const mostLatencyMs = 1e9
/** Counts of a sample: instances, and requests behind a percentile. */
export const mostCounted = 1e12

/** The value when it is a finite number from 0 to `most`, else null. */
export const plausible = (value: number | null, most: number): number | null =>
  value !== null && value >= 0 && value <= most ? value : null
