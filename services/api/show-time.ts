/** A time as people read it: UTC, and milliseconds only where there are any. */
export const showTime = (epochMs: number): string => new Date(epochMs).toISOString().replace('.000Z', 'Z')
