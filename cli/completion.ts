/** `heteroscale completion`, and the hidden verb that its scripts ask at each TAB. */
import { Argument, Command } from 'commander'
import { createApiClient } from './api-client.ts'
import { candidatesFor } from './candidates.ts'
import { completionScripts } from './completion-scripts.ts'
import { serverAddress } from './server-address.ts'
import type { ListAnswer, ServiceAnswer } from '../services/api/answers.ts'
import type { Candidate } from './candidates.ts'
import type { Terminal } from './terminal.ts'

const help = `
Completes verbs, flags, kinds, values, and names of services, which the API is asked for.

Examples:
  $ source <(heteroscale completion bash)                                          this shell
  $ heteroscale completion bash > ~/.local/share/bash-completion/completions/heteroscale
  $ heteroscale completion zsh > "\${fpath[1]}/_heteroscale"
  $ heteroscale completion fish > ~/.config/fish/completions/heteroscale.fish`

export const completionCommand = (terminal: Terminal): Command => new Command('completion')
  .description('print a script that completes command lines in a shell')
  .addArgument(new Argument('<shell>', 'bash, zsh or fish').choices(['bash', 'zsh', 'fish']))
  .addHelpText('after', help)
  .action((shell: keyof typeof completionScripts) => terminal.print(completionScripts[shell]))

export const completeVerb = '__complete'

/** Its words stand after `--`: `heteroscale __complete -- get serv`. Prints a candidate a line, a tab, and what it is. */
export const completeCommand = (terminal: Terminal, programOf: () => Command): Command => new Command(completeVerb)
  .argument('[words...]')
  .option('--server <url>')
  .action((words: readonly string[]) => complete(terminal, programOf(), words))

const complete = async (terminal: Terminal, program: Command, words: readonly string[]): Promise<void> => {
  const current = words.at(-1) ?? ''
  const { words: found, also } = candidatesFor(program, words.slice(0, -1), current)
  const services = also === 'services' ? await serviceNames(terminal, words) : []
  const all = [...found, ...services.filter(({ word }) => word.startsWith(current))]
  if (all.length > 0) terminal.print(all.map(({ word, about }) => `${word}\t${about}`).join('\n'))
}

/** A person waits at the keyboard: what does not answer at once has no names. */
const PATIENCE_MS = 1_000

const serviceNames = async (terminal: Terminal, words: readonly string[]): Promise<readonly Candidate[]> => {
  try {
    const flag = words.indexOf('--server')
    const client = createApiClient(serverAddress(flag < 0 ? undefined : words[flag + 1], terminal), PATIENCE_MS)
    const { items } = await client.get<ListAnswer<ServiceAnswer>>('/services')
    return items.map(({ name }) => ({ word: name, about: 'service' }))
  } catch {
    return []
  }
}
