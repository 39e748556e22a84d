/** What all verbs of operators share: they send one order, and say who confirmed it. */
import { Option } from 'commander'
import type { Command } from 'commander'
import type { ControlOrderedAnswer } from '../services/api/answers.ts'
import type { ControlOrder } from '../services/api/control-order.ts'
import { createApiClient } from './api-client.ts'
import { faultOfReason } from '../core/controls/reason.ts'
import { isRelease } from '../services/api/replacement.ts'
import { authorHeaders } from './author.ts'
import { showControl } from './banner.ts'
import { CliError, exitCodes } from './exit-codes.ts'
import { checkedText, wholeNumber } from './flags.ts'
import { formatted, outputFormat } from './output.ts'
import { showDuration, showNumberOf } from './quantities.ts'
import { serverAddress } from './server-address.ts'
import { clean } from './table.ts'
import type { OutputFormat } from './output.ts'
import type { Terminal } from './terminal.ts'

export type OrderFlags = {
  readonly reason: string
  /** Milliseconds. */
  readonly for?: number
  readonly replace?: boolean
  readonly wait?: number
  readonly output?: OutputFormat
  readonly server?: string
}

const DEFAULT_WAIT_SECONDS = 10

/** Shown in every list of controls, so it must say something to others. */
export const reasonOption = (): Option => new Option('--reason <text>', 'why, for whoever reads it at night').argParser(checkedText(faultOfReason))

export const replaceOption = (): Option => new Option('--replace', 'take the place of an order that would stand longer')

export const withWaitAndOutput = (command: Command): Command => command
  .option('--wait <seconds>', `how long to wait for the deciders, 0 to 60 (default: ${DEFAULT_WAIT_SECONDS})`, wholeNumber(0, 60))
  .option('-o, --output <format>', 'print the answer as json or yaml', outputFormat)

type WaitFlag = Pick<OrderFlags, 'wait'>

const waitSecondsOf = ({ wait }: WaitFlag): number => wait ?? DEFAULT_WAIT_SECONDS

export const waitQuery = (flags: WaitFlag): string => `waitSeconds=${waitSecondsOf(flags)}`

/** An API that has not answered so long after its wait is over will not. */
const answerMs = 5_000

/** Wall time after which an order counts as not answered: an operator must not sit before a process that hangs. */
export const orderDeadlineMs = (flags: WaitFlag): number => waitSecondsOf(flags) * 1_000 + answerMs

/** Sends an order. Throws `CliError` 6 when no answer comes in time, 5 when it is recorded and not every decider has confirmed it. */
export const sendOrder = async (
  order: ControlOrder,
  how: { readonly flags: Omit<OrderFlags, 'reason'>; readonly terminal: Terminal },
): Promise<void> => {
  const { flags, terminal } = how
  const client = createApiClient(serverAddress(flags.server, terminal), orderDeadlineMs(flags))
  const answer = await client.postJson<ControlOrderedAnswer>(`/controls?${waitQuery(flags)}`, order, authorHeaders())
  terminal.print(flags.output ? formatted(answer, flags.output) : saidOf(answer))
  if (answer.waiting.length === 0) return
  const names = answer.waiting.length > 5 ? `${answer.waiting.length} services` : answer.waiting.join(', ')
  throw new CliError(exitCodes.notYetAccepted, `E_NOT_YET_CONFIRMED ${order.scope}: recorded, and heeded before every effect from now on; ` +
    `no decider has confirmed it for ${names} within ${waitSecondsOf(flags)} s; it decides by it as soon as it runs`)
}

const saidOf = ({ control, replaced, confirmed, waiting }: ControlOrderedAnswer): string => {
  const until = control.untilMs === null ? '' : `, ends by itself in ${showDuration(control.untilMs - control.time)}`
  const total = confirmed.length + waiting.length
  const who = total === 0 ? 'there is no service yet whose decider could confirm it' : `confirmed by the deciders of ${confirmed.length} of ${showNumberOf(total, 'service')}`
  const line = `${showControl(control)}${until}: recorded; ${who}`
  return replaced ? `${line}\n${clean(`${isRelease(control) ? 'ends' : 'replaces'} ${showControl(replaced)} by ${replaced.author}: ${replaced.reason}`)}` : line
}

