/** `heteroscale stuck`: everything that waits for a person, each with the line to type. */
import { Command } from 'commander'
import type { ControlAnswer, ListAnswer, NotDecidingAnswer, RolloutAnswer, ServiceAnswer } from '../services/api/answers.ts'
import { createApiClient } from './api-client.ts'
import type { ApiClient } from './api-client.ts'
import { showControl, showNotDeciding, whyNotDeciding } from './banner.ts'
import { exitCodesHelp } from './exit-codes.ts'
import { lookAtDeciders } from './look-at-deciders.ts'
import type { OutputFormat } from './output.ts'
import { formatted, outputFormat } from './output.ts'
import { showDuration } from './quantities.ts'
import { serverAddress } from './server-address.ts'
import { shortened } from './shortened.ts'
import { table } from './table.ts'
import { readUpState } from './up-state.ts'
import type { Terminal } from './terminal.ts'

const help = `
Listed are services for which nobody decides, controls in force, rollouts that are stuck or halted, service files that were refused, services that hold
because evidence is missing or old or because rollouts failed, and intents of the last hour that were refused, that expired,
or of which only a part was placed. An empty list means that nothing waits for you.

Examples:
  $ heteroscale stuck
  $ heteroscale stuck -o json | jq -r '.[].type'

${exitCodesHelp}`

/** The rest is one `explain` away. */
const SHOWN_WHY = 100

type StuckFlags = { readonly output?: OutputFormat; readonly server?: string }

/** One thing that waits for a person. */
export type Waiting = { readonly what: string; readonly since: number; readonly why: string; readonly type: string }

export const stuckCommand = (terminal: Terminal): Command =>
  new Command('stuck')
    .description('show what waits for a person, and the line to type for each')
    .option('-o, --output <format>', 'json or yaml instead of a table', outputFormat)
    .addHelpText('after', help)
    .action((_flags: StuckFlags, command: Command) => stuck(terminal, command.optsWithGlobals<StuckFlags>()))

const stuck = async (terminal: Terminal, flags: StuckFlags): Promise<void> => {
  const server = serverAddress(flags.server, terminal)
  const { now, items } = await waitingIn(createApiClient(server), lookAtDeciders(server, readUpState()))
  if (flags.output) return terminal.print(formatted(items, flags.output))
  if (items.length === 0) return terminal.print('Nothing is stuck, halted or held up.')
  const columns = [
    { heading: 'WHAT', cell: (row: Waiting) => row.what },
    { heading: 'FOR', cell: (row: Waiting) => showDuration(now - row.since) },
    { heading: 'TYPE', cell: (row: Waiting) => row.type },
    { heading: 'WHY', cell: (row: Waiting) => shortened(row.why, SHOWN_WHY), isProse: true },
  ]
  terminal.print(table(items, columns, terminal))
}

/** `lookLine`: what to type when nobody decides. */
const waitingIn = async (client: ApiClient, lookLine: string): Promise<ListAnswer<Waiting>> => {
  const services = await client.get<ListAnswer<ServiceAnswer>>('/services')
  const rollouts = await client.get<ListAnswer<RolloutAnswer>>('/rollouts?limit=1000')
  const { notDeciding, controls, items: managed, now } = services
  const items = [
    ...ofSilence(notDeciding, lookLine),
    ...controls.map(ofControl),
    ...rollouts.items.flatMap(ofRollout),
    ...managed.flatMap(ofService),
    ...managed.flatMap((service) => ofIntent(service, now)),
  ]
  return { ...services, items }
}

/** First of all: what stands last for these services may be long out of date. */
const ofSilence = (notDeciding: NotDecidingAnswer | null, type: string): readonly Waiting[] =>
  notDeciding === null
    ? []
    : [{ what: showNotDeciding(notDeciding), since: notDeciding.since, why: whyNotDeciding(notDeciding), type }]

const ofControl = (control: ControlAnswer): Waiting => ({
  what: showControl(control),
  since: control.time,
  why: `${control.author}: ${control.reason}`,
  type: releaseLine(control.scope.replace(/^service\//, ''), control.control),
})

/** The line that ends a control. */
export const releaseLine = (service: string, control: ControlAnswer['control']): string => {
  switch (control) {
    case 'kill-switch':
      return 'heteroscale kill-switch release --reason "TEXT"'
    case 'freeze':
      return 'heteroscale unfreeze --reason "TEXT"'
    case 'mode':
      return `heteroscale resume ${service} --reason "TEXT"`
    case 'manual-scale':
      return `heteroscale scale ${service} --release --reason "TEXT"`
  }
}

const ofRollout = ({ id, state, service, detail, steps, startedAt }: RolloutAnswer): readonly Waiting[] => {
  const about = { what: `rollout ${state} of ${service}`, since: steps.at(-1)?.time ?? startedAt, why: detail }
  if (state === 'stuck') return [{ ...about, type: `heteroscale repair ${id}` }]
  if (state === 'halted') return [{ ...about, type: 'heteroscale get controls' }]
  return []
}

const waitsForSomebody = /^(EVIDENCE_(MISSING|FAILED|STALE)|INSTANCES_UNKNOWN|CONTROLS_UNKNOWN|COVERAGE_LOW|FAILURE_BACKOFF)$/

const ofService = (service: ServiceAnswer): readonly Waiting[] => {
  const { name, accepted, acceptanceAt, message, lastDecision } = service
  return [
    ...(accepted ? [] : [{ what: `service file of ${name} refused`, since: acceptanceAt, why: message, type: `heteroscale describe ${name}` }]),
    ...(lastDecision?.kind === 'hold' && waitsForSomebody.test(lastDecision.reason)
      ? [{ what: `${name} holds: ${lastDecision.reason}`, since: lastDecision.time, why: whyItHolds(service, lastDecision.reason), type: `heteroscale explain ${lastDecision.id}` }]
      : []),
  ]
}

/** A condition says `EVIDENCE_STALE: …` in the words of the hold itself, once it has been announced. */
const whyItHolds = ({ conditions }: ServiceAnswer, reason: string): string => {
  const said = conditions.find(({ message }) => message.startsWith(`${reason}: `))?.message.slice(reason.length + 2)
  return said ?? (reason === 'FAILURE_BACKOFF' ? 'a rollout failed; growth rests before it is tried again' : 'its evidence is incomplete')
}

/** An intent that nothing followed for so long is history: what is still wanted is asked for again. */
const RECENT_MS = 3_600_000

/** Whatever else a placer leaves out, such as groups that are under way, it takes up again by itself. */
const lacksRoom = /\b(NO_CAPACITY|NOT_REMOVABLE)\b/

const ofIntent = ({ name, lastIntent }: ServiceAnswer, now: number): readonly Waiting[] => {
  if (lastIntent === null || now - lastIntent.time > RECENT_MS) return []
  const { id, state, detail, refusal, time: since } = lastIntent
  const row = (how: string, why: string): readonly Waiting[] => [{ what: `intent of ${name} ${how}`, since, why, type: `heteroscale explain ${id}` }]
  if (state === 'refused' || state === 'expired') return row(state, detail)
  return refusal === null || state === 'superseded' || !lacksRoom.test(refusal) ? [] : row('placed in part', refusal)
}
