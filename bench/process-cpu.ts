/** CPU time of other processes, as Linux counts it: all threads, user and system. */
import { readFileSync } from 'node:fs'

/** Linux reports CPU time to programs in hundredths of a second, on every platform that Node runs on. */
const clockTicksPerSecond = 100

/** Seconds of CPU that the process has used so far. Throws what node:fs throws when it has ended, or without /proc. */
export const cpuSecondsOf = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The command's name stands in brackets and may hold blanks; `utime` and `stime` are fields 14 and 15 of the whole line.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / clockTicksPerSecond
}
