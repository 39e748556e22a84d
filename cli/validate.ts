/** `heteroscale validate`: reads service files as `apply` would, and changes nothing. */
import { Command } from 'commander'
import { policyHash } from '../core/service/policy-hash.ts'
import { CliError, exitCodes, exitCodesHelp } from './exit-codes.ts'
import type { OutputFormat } from './output.ts'
import { formatted, outputFormat } from './output.ts'
import { loadServiceFile } from './service-file.ts'
import type { Terminal } from './terminal.ts'

const help = `
Examples:
  $ heteroscale validate docs/examples/chat-70b.yaml          one line a file, or all its faults
  $ heteroscale validate -o yaml docs/examples/chat-70b.yaml  with every default filled in
  $ cat service.yaml | heteroscale validate -                 from standard input

${exitCodesHelp}`

export const validateCommand = (terminal: Terminal): Command =>
  new Command('validate')
    .description('check service files and show all faults together')
    .argument('<file...>', 'service files, YAML or JSON; - for standard input')
    .option('-o, --output <format>', 'print the manifest with its defaults: json or yaml', outputFormat)
    .addHelpText('after', help)
    .action((files: readonly string[], flags: { readonly output?: OutputFormat }) => validate(terminal, files, flags.output))

const validate = async (terminal: Terminal, files: readonly string[], format: OutputFormat | undefined): Promise<void> => {
  const messages: string[] = []
  for (const file of files) {
    try {
      const { manifest } = await loadServiceFile(file, terminal, 'nothing was changed')
      terminal.print(format ? formatted(manifest, format) : `${file}: valid, service ${manifest.metadata.name}, policy ${policyHash(manifest).slice(0, 12)}`)
    } catch (error) {
      if (!(error instanceof CliError) || error.exitCode !== exitCodes.badConfiguration) throw error
      messages.push(error.message)
    }
  }
  if (messages.length > 0) throw new CliError(exitCodes.badConfiguration, messages.join('\n'))
}
