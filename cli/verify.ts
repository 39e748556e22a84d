/** `heteroscale verify`: decisions, intents, rollouts and the cluster's change log against each other, in both directions. */
import { Command, InvalidArgumentError } from 'commander'
import type { EventLog } from '../core/ports.ts'
import type { Verification } from '../core/audit/verify/verify.ts'
import { CliError, exitCodes } from './exit-codes.ts'
import { oneOf, text } from './flags.ts'
import { moment, momentMs, type Moment } from './moment.ts'
import { openLog } from './replay-kafka.ts'
import { presentOf } from './replay-present.ts'
import { processTerminal, type Terminal } from './terminal.ts'
import type { UpState } from './up-state.ts'
import { readChanges } from './verify-changes.ts'
import { verifyLog } from './verify-log.ts'
import { describeVerification } from './verify-text.ts'

type VerifyFlags = {
  readonly service?: string
  readonly since?: Moment
  readonly changes?: readonly string[]
  readonly output?: 'json'
}

const help = `
Every decision must follow on the one before it, have its intent, and the intent an end; every rollout and every effect in the
cluster must have been ordered, and every order that committed must have had its effects. What does not is a finding, one line
each. Open orders that are not due yet are none. Nothing is decided again: that is \`heteroscale replay\`.

A changed byte of a decision or a hold shows, and so does a hold that is missing before a hold, a decision or a snapshot. Nothing
follows the newest hold of a service until its next snapshot, which comes within 10 minutes; and the chains are not signed: whoever
rewrites all that follows a record leaves no trace. Holds in schema version 1 have no hash, and not every change to them shows.

The log is found at KAFKA_BROKERS, the change log at --changes or HETEROSCALE_EMULATOR; else both at the fleet of
\`heteroscale up\`. Times are world time: 2026-01-01T14:05Z, 14:05 (UTC), or an age back from the log's newest tick.

Examples:
  $ heteroscale verify                                             the whole record
  $ heteroscale verify --service chat-70b --since 2h               one service, the last two hours
  $ heteroscale verify --changes east.ndjson --changes http://10.0.0.7:9500/changes
  $ heteroscale verify -o json | jq '.findings[].code'

Exit codes: 0 no findings, 2 usage, 3 bad configuration, 4 findings, or nothing on record, 6 Kafka or a change log unreachable.`

export const verifyCommand = (terminal: Terminal = processTerminal): Command =>
  new Command('verify')
    .description('check decisions, intents, rollouts and effects against each other')
    .option('--service <name>', 'one service only', text)
    .option('--since <time>', 'only what happened from here on (default: the log\'s start)', moment)
    .option('--changes <file|url>', 'a change log of a sub-cluster; may be given several times', oneMore)
    .option('-o, --output <format>', 'json instead of text', oneOf('json'))
    .addHelpText('after', help)
    .action((flags: VerifyFlags) => run(terminal, flags))

const oneMore = (value: string, previous: readonly string[] | undefined): readonly string[] => {
  if (value.trim() === '') throw new InvalidArgumentError('empty value.')
  return [...(previous ?? []), value]
}

const run = async (terminal: Terminal, flags: VerifyFlags): Promise<void> => {
  const { eventLog, up } = await openLog(terminal, undefined, 'verify')
  try {
    const sources = flags.changes ?? changesOf(terminal, up)
    const verification = await verifyWith(eventLog, { terminal, flags, sources })
    terminal.print(flags.output === 'json' ? JSON.stringify(verification, null, 2) : describeVerification(verification, sources, terminal).join('\n'))
    if (verification.findings.length > 0) process.exitCode = exitCodes.refused
  } finally {
    await eventLog.close()
  }
}

const changesOf = ({ env }: Terminal, up: UpState | null): readonly string[] => {
  const emulator = env['HETEROSCALE_EMULATOR'] ?? up?.emulator ?? ''
  return emulator === '' ? [] : [emulator]
}

type Asked = { readonly terminal: Terminal; readonly flags: VerifyFlags; readonly sources: readonly string[] }

const verifyWith = async (eventLog: EventLog, { terminal, flags, sources }: Asked): Promise<Verification> => {
  const { service = null, since } = flags
  const isRelative = since !== undefined && since.kind !== 'absolute'
  const verification = await verifyLog(eventLog, {
    service,
    sinceMs: since === undefined ? -Infinity : momentMs(since, isRelative ? await presentOf(eventLog) : 0),
    changes: sources.length === 0 ? null : () => readChanges(sources),
    onProgress: (line) => terminal.warn(`verify: ${line}`),
  })
  if (verification.decisions + verification.holds > 0 || verification.findings.length > 0) return verification
  throw nothingToVerify(flags)
}

const nothingToVerify = ({ service, since }: VerifyFlags): CliError => {
  const asked = [...(service === undefined ? [] : [`--service ${service}`]), ...(since === undefined ? [] : ['--since'])].join(' ')
  const got = `no decision or hold${asked === '' ? '' : ` with ${asked}`}`
  const hint = since === undefined ? 'check KAFKA_BROKERS and HETEROSCALE_TOPIC_PREFIX, and what `heteroscale get services` lists' : 'a calm service writes nothing; begin earlier, or leave --since out'
  return new CliError(exitCodes.refused, `NOTHING_TO_VERIFY verify: got ${got}; allowed: at least one; nothing was verified: ${hint}`)
}
