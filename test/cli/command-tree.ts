/** Reads command lines with the real command tree, of all verbs, and runs none of them. */
import type { Command } from 'commander'
import { CommanderError } from 'commander'
import { heavyVerbs } from '../../cli/heavy-verbs.ts'
import { readControlOrder } from '../../services/api/control-order.ts'
import { createProgram } from '../../cli/program.ts'
import type { Terminal } from '../../cli/terminal.ts'

const heavyCommands = (): Promise<readonly Command[]> => Promise.all(Object.values(heavyVerbs).map((make) => make()))

const terminalThat = (hears: (words: string) => void): Terminal => ({
  print: hears,
  warn: hears,
  read: () => Promise.reject(new Error('nothing is read')),
  env: {},
  isTty: false,
  columns: null,
  pause: () => Promise.resolve('stop'),
})

/** What is wrong with the line: an unknown verb or option, a missing or refused value. Null when every word of it is accepted. */
export const faultOfLine = async (line: string): Promise<string | null> => {
  const said: string[] = []
  const program = createProgram(terminalThat((words) => void said.push(words)), await heavyCommands())
  for (const command of program.commands) command.action(() => undefined)
  try {
    await program.parseAsync(wordsOf(line).slice(1), { from: 'user' })
    return faultOfReasonIn(line)
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? null : said.join(' ')
  }
}

/** What the API says to the reason of the line: a verb that takes words without quotes reads them only when it runs. */
const faultOfReasonIn = (line: string): string | null => {
  const reason = /--reason "([^"]*)"/.exec(line)?.[1]
  if (reason === undefined) return null
  try {
    readControlOrder(Buffer.from(JSON.stringify({ control: 'kill-switch', value: 'released', reason })))
    return null
  } catch (error) {
    return (error as Error).message
  }
}

/** As a shell splits it. */
const wordsOf = (line: string): readonly string[] =>
  [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, double, single, plain]) => double ?? single ?? plain ?? '')

/** Each `heteroscale …` inside a text for people, up to where its sentence, or what else the shell is asked to do, begins. */
export const linesIn = (text: string): readonly string[] =>
  [...text.matchAll(/(?<![\w/.-])heteroscale [a-z-](?:"[^"]*"|'[^']*'|[^\n"';`|>)]| (?! ))*/g)].map(([line]) => line.replace(/ {2,}.*$/, '').replace(/[,.]?\s*$/, ''))

/** The help of the command itself and of each of its verbs, as a person gets it. */
export const helpTexts = async (): Promise<ReadonlyMap<string, string>> => {
  const said: string[] = []
  const program = createProgram(terminalThat((words) => void said.push(words)), await heavyCommands())
  return new Map([program, ...program.commands].map((command) => {
    said.length = 0
    command.outputHelp()
    return [command.name(), said.join('\n')]
  }))
}
