import { runHistory } from '../../simulator/control-plane/history.ts'
import { violationsOf } from '../../simulator/control-plane/invariants/invariants.ts'
import { pump } from './pump.ts'
const from = Number(process.argv[2] ?? 1), n = Number(process.argv[3] ?? 1)
for (let seed = from; seed < from + n; seed++) {
  const cpu = process.cpuUsage()
  const lines: string[] = []
  const h = await runHistory({ seed, pump, ...(process.argv[4] ? { narrator: ({ atMs, who, what }) => lines.push(`${new Date(atMs).toISOString().slice(11, 23)} ${who}: ${what}`) } : {}) })
  const used = process.cpuUsage(cpu)
  console.log(lines.join('\n'))
  for (const v of violationsOf(h).slice(0, 12)) console.log('VIOLATION', seed, v.invariant, v.service, new Date(v.atMs).toISOString().slice(11,23), v.detail)
  const counts: Record<string, number> = {}
  for (const [topic, records] of h.evidence.topics) for (const { event } of records) counts[`${topic}/${event?.type}${event?.type === 'ScaleHeld' ? ':' + event.reason : event?.type === 'ScaleDecided' ? ':' + event.kind : event?.type === 'RolloutReported' ? ':' + event.outcome : ''}`] = (counts[`${topic}/${event?.type}${event?.type === 'ScaleHeld' ? ':' + event.reason : event?.type === 'ScaleDecided' ? ':' + event.kind : event?.type === 'RolloutReported' ? ':' + event.outcome : ''}`] ?? 0) + 1
  console.log(seed, 'cpu ms', (used.user + used.system) / 1000, 'steps', h.steps, counts, h.stage.hits, h.stage.alarms.slice(0, 5))
  for (const [n2, e] of h.world.temporal.executions) if (e.isOpen) console.log('open', n2, [...e.tasks.keys()])
}
