/** The world outside a verb: its output, its input, its environment. Tests give their own. */
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'

export type Terminal = {
  /** One line or more to standard output; the line end is added. */
  print(text: string): void
  /** The same to standard error: progress and errors, so that standard output stays parseable. */
  warn(text: string): void
  /** What a person answers; null, or absent, when nobody sits there. */
  ask?(question: string): Promise<string | null>
  /** Bytes of a file, or of standard input for `-`. Throws what node:fs throws. */
  read(path: string): Promise<Uint8Array>
  readonly env: { readonly [key: string]: string | undefined }
  readonly isTty: boolean
  /** Characters that fit a line; null when nobody knows, and then nothing is cut. */
  readonly columns: number | null
  /** Resolves after that wall time, or with `stop` at Ctrl-C. */
  pause(ms: number): Promise<'go' | 'stop'>
}

export const processTerminal: Terminal = {
  print: (text) => void process.stdout.write(`${text}\n`),
  warn: (text) => void process.stderr.write(`${text}\n`),
  ask: (question) => (process.stdin.isTTY && process.stderr.isTTY ? askPerson(question) : Promise.resolve(null)),
  read: (path) => (path === '-' ? readStandardInput() : readFile(path)),
  env: process.env,
  isTty: process.stdout.isTTY === true,
  // Asked anew each time: a window changes its size while `--watch` runs.
  get columns() {
    return columnsOf(process.stdout, process.env)
  },
  pause: (ms) =>
    new Promise((resolve) => {
      const interrupted = (): void => finish('stop')
      const timer = setTimeout(() => finish('go'), ms)
      const finish = (how: 'go' | 'stop'): void => {
        clearTimeout(timer)
        process.off('SIGINT', interrupted)
        resolve(how)
      }
      process.once('SIGINT', interrupted)
    }),
}

type Output = { readonly isTTY?: boolean; readonly columns?: number }

/** A terminal knows its width; a pipe has one only when COLUMNS says so. */
export const columnsOf = ({ isTTY, columns = 0 }: Output, env: Terminal['env']): number | null => {
  if (isTTY && columns > 0) return columns
  return /^[1-9][0-9]{0,4}$/.test(env['COLUMNS'] ?? '') ? Number(env['COLUMNS']) : null
}

/** The same terminal for what is shown indented by `by` characters. */
export const indentedBy = (by: number, terminal: Terminal): Terminal => ({ ...terminal, columns: terminal.columns === null ? null : terminal.columns - by })

/** On standard error: standard output is for the answer. Ctrl-C and Ctrl-D answer nothing. */
const askPerson = (question: string): Promise<string> =>
  new Promise((resolve) => {
    const lines = createInterface({ input: process.stdin, output: process.stderr })
    lines.once('close', () => resolve(''))
    lines.question(question, (answer) => {
      resolve(answer)
      lines.close()
    })
  })

const readStandardInput = async (): Promise<Uint8Array> => {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** Colours only on a terminal that did not ask for none (https://no-color.org). */
export const hasColours = (terminal: Terminal): boolean =>
  terminal.isTty && (terminal.env['NO_COLOR'] ?? '') === '' && terminal.env['TERM'] !== 'dumb'
