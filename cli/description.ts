/** The text of `describe`. */
import { bannerLines } from './banner.ts'
import { titled } from './explanation-section.ts'
import { groupTableOfOne, intentColour, rolloutColour, signalTable } from './get-tables.ts'
import { shortened } from './shortened.ts'
import { showCountsOrDash, showDuration, showKnownCounts } from './quantities.ts'
import { clean, table } from './table.ts'
import type { Role } from '../core/roles.ts'
import type { ServiceManifest } from '../core/service/specification.ts'
import type { DecisionAnswer, GroupAnswer, RolloutAnswer, ServiceAnswer } from '../services/api/answers.ts'
import type { Section } from './explanation-section.ts'
import { indentedBy } from './terminal.ts'
import type { Terminal } from './terminal.ts'

export type Described = {
  readonly now: number
  readonly service: ServiceAnswer
  readonly groups: readonly GroupAnswer[]
  /** Newest first, as the others. */
  readonly decisions: readonly DecisionAnswer[]
  readonly rollouts: readonly RolloutAnswer[]
}

/** What a screen has room for: the rest is counted, and `get` lists it. */
const shown = { groups: 6, orders: 3, holds: 4, rollouts: 4 }

export const description = (described: Described, outer: Terminal): string => {
  const { now, service, groups } = described
  const terminal = indentedBy(2, outer)
  const sections = [
    [...headLines(service), ...bannerLines({ ...service, now }, terminal)],
    [...(service.manifest === null ? [] : policyLines(service.manifest)), countLine(service, now)],
    signalLines(service, now, terminal),
    conditionLines(service, now, terminal),
    cut('Groups', groups, { most: shown.groups, draw: (rows) => groupTableOfOne({ now, items: rows }, terminal) }),
    rolloutLines(described, terminal),
    decisionLines(described, terminal),
  ]
  return sections.filter((section) => section.length > 0).map((section) => section.join('\n')).join('\n\n')
}

const headLines = ({ name, manifest, generation, accepted, message, policyHash }: ServiceAnswer): Section => {
  const where = manifest === null ? '' : `, cell ${manifest.spec.cell}, priority ${manifest.spec.priority}`
  const policy = policyHash === '' ? 'no file in force' : `policy ${policyHash.slice(0, 12)}`
  const head = `${name}: generation ${generation} ${accepted ? 'in force' : 'REFUSED'}${where}, ${policy}`
  return accepted ? [head] : [head, `! generation ${generation} was refused, the one before stays in force: ${clean(message)}`]
}

const policyLines = ({ spec }: ServiceManifest): Section => {
  const { roles, ratio, slo, policies, network } = spec
  const role = (name: Role): string => `${name} ${roles[name].minReplicas}-${roles[name].maxReplicas} (${roles[name].gpusPerInstance} GPUs: ${roles[name].gpuTypes.join(' or ')})`
  const { signal, targetPerInstance, windowSeconds } = policies.proportional
  return [
    `Roles    ${role('prefill')}, ${role('decode')}, P/D ${ratio.prefill}:${ratio.decode} ± ${Math.round(ratio.tolerance * 100)}%, affinity ${network.affinity}`,
    `Policy   ${signal} ${targetPerInstance} tokens/s per instance over ${windowSeconds}s; TTFT p95 ${slo.ttftMsP95}ms, TBT p95 ${slo.tbtMsP95}ms`,
  ]
}

const countLine = ({ target, observed }: ServiceAnswer, now: number): string => {
  const stages = (['desired', 'ready', 'registered'] as const).map((stage) => `${stage} ${showCountsOrDash(observed?.[stage])}`)
  const seen = observed === null ? 'never seen' : `seen ${showDuration(now - observed.observedAt)} ago${observed.complete ? '' : ', INCOMPLETE'}`
  return `Counts   ordered ${showCountsOrDash(target)}, ${stages.join(', ')}; ${seen}`
}

const signalLines = ({ signals }: ServiceAnswer, now: number, terminal: Terminal): Section => signals.length === 0
  ? ['Signals: none was heard since the API started']
  : titled('Signals', signals, (rows) => signalTable(rows, now, terminal))

const conditionLines = ({ conditions }: ServiceAnswer, now: number, terminal: Terminal): Section => titled('Conditions', conditions, (rows) => table(rows, [
  { heading: 'TYPE', cell: (row) => row.type },
  { heading: 'STATUS', cell: (row) => row.status },
  { heading: 'REASON', cell: (row) => row.reason },
  { heading: 'SINCE', cell: (row) => showDuration(now - row.lastTransitionTime) },
  { heading: 'MESSAGE', cell: (row) => brief(row.message), isProse: true },
], terminal))

/** Whatever a person may have to look after: open, halted or stuck. */
const rolloutLines = ({ now, rollouts }: Described, terminal: Terminal): Section => {
  const open = rollouts.filter(({ state }) => state !== 'committed' && state !== 'rolled-back')
  return cut('Open rollouts', open, { most: shown.rollouts, draw: (rows) => table(rows, [
      { heading: 'GROUP', cell: (row) => row.group },
      { heading: 'TARGET', cell: (row) => showCountsOrDash(row.target) },
      { heading: 'STATE', cell: (row) => row.state, colour: (row) => rolloutColour(row.state) },
      { heading: 'STEP', cell: (row) => row.steps.at(-1)?.step ?? '' },
      { heading: 'AGE', cell: (row) => showDuration(now - row.startedAt) },
      { heading: 'DETAIL', cell: (row) => brief(row.detail), isProse: true },
    ], terminal) })
}

/** Holds change often: the last orders are shown even when many holds came after them. */
const decisionLines = ({ now, decisions }: Described, terminal: Terminal): Section => {
  const orders = decisions.filter(({ kind }) => kind !== 'hold').slice(0, shown.orders)
  const holds = decisions.filter(({ kind }) => kind === 'hold').slice(0, shown.holds)
  const newestFirst = [...orders, ...holds].sort((a, b) => b.time - a.time)
  return titled('Last decisions and holds', newestFirst, (rows) => table(rows, [
    { heading: 'AGE', cell: (row) => showDuration(now - row.time) },
    { heading: 'KIND', cell: (row) => row.kind },
    { heading: 'COUNTS', cell: (row) => (row.kind === 'hold' ? showKnownCounts(row.from) : `${showKnownCounts(row.from)} → ${showKnownCounts(row.to)}`) },
    { heading: 'OUTCOME', cell: (row) => row.outcome ?? '', colour: (row) => (row.outcome === null ? null : intentColour(row.outcome)) },
    { heading: 'REASON', cell: (row) => brief(row.reason), isProse: true },
    { heading: 'ID', cell: (row) => row.id },
  ], terminal))
}

type Cut<T> = { readonly most: number; readonly draw: (rows: readonly T[]) => string }

/** Long words are one `explain` away; a line that wraps is two lines of the screen. */
const BRIEF = 70
const brief = (text: string): string => shortened(text, BRIEF)

const cut = <T>(title: string, rows: readonly T[], { most, draw }: Cut<T>): Section => titled(rows.length > most ? `${title} (${most} of ${rows.length})` : title, rows.slice(0, most), draw)
