/** For tests of the checker: tell the story, break one thing, and say which invariants cry. */
import { check } from './check.ts'
import type { Evidence } from './evidence.ts'
import type { Replay } from './same-record.ts'
import { evidenceOf, tellStory, type Line, type Told, type Telling } from './story.ts'
import type { TypeName } from './records.ts'

export type Break = (telling: Telling) => void
export type Tamper = (evidence: Evidence) => Evidence

/** Names of the violated invariants, each once, sorted. */
export const criesOf = (broken: Break, { tamper = (evidence) => evidence, replay }: { readonly tamper?: Tamper; readonly replay?: Replay } = {}): readonly string[] => {
  const telling = tellStory()
  broken(telling)
  const { violations } = check(tamper(evidenceOf(telling.story)), replay === undefined ? {} : { replay })
  return [...new Set(violations.map(({ invariant }) => invariant))].sort()
}

/** The records of a type, in the order of the log. */
export const all = ({ story }: Telling, type: TypeName): readonly Told[] => story.records.filter((told) => told.type === type)

export const drop = ({ story }: Telling, isDropped: (told: Told) => boolean): void => {
  story.records = story.records.filter((told) => !isDropped(told))
}

export const written = ({ story }: Telling, key: string): Line => {
  const line = story.lines.find((one) => one.kind === 'written' && one.key === key)
  if (line === undefined) throw new Error(`the story has no effect ${key}`)
  return line
}

export const report = (telling: Telling, reportId: string): Told => {
  const found = all(telling, 'RolloutReported').find(({ record }) => record.reportId === reportId)
  if (found === undefined) throw new Error(`the story has no report ${reportId}`)
  return found
}

/** The same record once more, at the end of its topic. */
export const again = ({ story }: Telling, told: Told, more: object = {}): void => {
  const last = story.records.filter(({ topic }) => topic === told.topic).reduce((top, { offset }) => Math.max(top, offset), 0)
  story.records.push({ ...told, offset: last + 1, record: { ...told.record, ...more } })
}
