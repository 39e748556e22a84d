/** The command line as a whole: its verbs, and how every error becomes one line and an exit code. */
import { Command, CommanderError } from 'commander'
import { isPortError } from '../core/port-error.ts'
import { applyCommand } from './apply.ts'
import { completeCommand, completionCommand } from './completion.ts'
import { controlCommands } from './controls.ts'
import { deleteCommand } from './delete.ts'
import { describeCommand } from './describe.ts'
import { CliError, exitCodes } from './exit-codes.ts'
import type { ExitCode } from './exit-codes.ts'
import { explainCommand } from './explain.ts'
import { text } from './flags.ts'
import { getCommand } from './get.ts'
import { killSwitchCommand } from './kill-switch.ts'
import { scaleCommand } from './scale.ts'
import { stuckCommand } from './stuck.ts'
import { processTerminal } from './terminal.ts'
import type { Terminal } from './terminal.ts'
import { topicsCommand } from './topics.ts'
import { validateCommand } from './validate.ts'
import { productVersion } from './version.ts'

const help = `
Examples:
  $ heteroscale demo                                    40 minutes of load on real servers, in two
  $ heteroscale up                                      the same servers, to try by hand
  $ heteroscale apply -f docs/examples/chat-70b.yaml    configure a service
  $ heteroscale get services --watch                    see it scale
  $ heteroscale describe chat-70b                       everything about one service
  $ heteroscale explain <id>                            see why
  $ heteroscale stuck                                   what waits for a person, and what to type
  $ heteroscale kill-switch on                          stop everything, now

Each verb has its own --help with examples.`

/** Runs one command line. Returns the exit code; prints errors as `CODE where: got; allowed; what happens now`. */
export const runCommandLine = async (args: readonly string[], terminal: Terminal, more: readonly Command[] = []): Promise<ExitCode> => {
  try {
    await createProgram(terminal, more).parseAsync(args, { from: 'user' })
    return exitCodes.ok
  } catch (error) {
    return report(error, terminal)
  }
}

/** All verbs; nothing runs yet. `more` are verbs that need the whole product, such as `up`; they are commands of the same kind. */
export const createProgram = (terminal: Terminal, more: readonly Command[]): Command => {
  const program = new Command('heteroscale')
    .description('Autoscaler for LLM inference with prefill and decode on separate GPU pools.')
    .option('--server <url>', 'address of the API (default: HETEROSCALE_API, else the fleet of `heteroscale up`)', text)
    .version(productVersion(), '-V, --version', 'print the version and end')
    .helpCommand(false)
    .addHelpText('after', help)
  const verbs = [...lightVerbs(terminal), ...more]
  for (const verb of verbs) program.addCommand(verb)
  const complete = completeCommand(terminal, () => program)
  program.addCommand(complete, { hidden: true })
  for (const command of [program, complete, ...verbs]) speakThrough(command, terminal)
  return program
}

/** Verbs that only talk to the API. */
const lightVerbs = (terminal: Terminal): readonly Command[] => [
  validateCommand(terminal),
  applyCommand(terminal),
  getCommand(terminal),
  describeCommand(terminal),
  explainCommand(terminal),
  stuckCommand(terminal),
  ...controlCommands(terminal),
  scaleCommand(terminal),
  killSwitchCommand(terminal),
  deleteCommand(terminal),
  topicsCommand(terminal),
  completionCommand(terminal),
]

/** Whether a word is a verb that needs no more than this file loads. */
export const isLight = (word: string): boolean => lightVerbs(processTerminal).some((verb) => verb.name() === word)

/** Commander would write and exit by itself. */
const speakThrough = (command: Command, terminal: Terminal): void => {
  command.exitOverride().showSuggestionAfterError(true).configureOutput({
    writeOut: (words) => terminal.print(words.trimEnd()),
    writeErr: (words) => terminal.warn(words.trimEnd()),
    outputError: (words) => terminal.warn(usageError(command, words)),
  })
}

/** `error: unknown option '--wiat'\n(Did you mean --wait?)` in our form. */
const usageError = (command: Command, words: string): string => {
  const [got = '', ...hints] = words.trim().replace(/^error: /, '').split('\n')
  const hint = hints.length === 0 ? '' : ` ${hints.join(' ')}`
  const verb = command.parent === null ? 'heteroscale' : `heteroscale ${command.name()}`
  return `E_USAGE ${verb}: ${inOurWords(got)}${hint}; see ${verb} --help; nothing was done`
}

/** `command-argument value 'x' is invalid for argument 'mode'. Allowed choices are a, b.` is for readers of Commander's sources. */
const inOurWords = (got: string): string => got
  .replace(/^command-argument value ('.*') is invalid for argument '(.*)'\. /, 'got $1 for <$2>; ')
  .replace(/^option '(.*)' argument ('.*') is invalid\. /, "option '$1' argument $2: ")
  .replace('; Allowed choices are ', '; allowed: ')
  .replace(/\.$/, '')

const report = (error: unknown, terminal: Terminal): ExitCode => {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
  const { message, exitCode } = verdictOn(error)
  terminal.warn(message)
  return exitCode
}

const verdictOn = (error: unknown): { readonly message: string; readonly exitCode: ExitCode } => {
  if (error instanceof CliError) return error
  if (isPortError(error)) return { message: error.message, exitCode: exitCodes.unavailable }
  const { message, stack, code } = error as Partial<Error & { code: unknown }>
  // An error with a code says what it means; one without is a bug, and its stack is what we need to see.
  return { message: typeof code === 'string' ? String(message) : (stack ?? String(error)), exitCode: exitCodes.failed }
}
