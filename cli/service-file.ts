/** Reads and validates a service file for a verb. */
import { readServiceFile } from '../adapters/yaml/service-file.ts'
import type { Fault } from '../core/service/fault.ts'
import { showFaultIn } from '../core/service/fault.ts'
import type { ServiceManifest } from '../core/service/specification.ts'
import { CliError, exitCodes } from './exit-codes.ts'
import type { Terminal } from './terminal.ts'

export type LoadedServiceFile = { readonly manifest: ServiceManifest; readonly bytes: Uint8Array }

/** Throws `CliError` 3 with all faults, one a line; `consequence` says what happens now. */
export const loadServiceFile = async (path: string, terminal: Terminal, consequence: string): Promise<LoadedServiceFile> => {
  const bytes = await readOrRefuse(path, terminal, consequence)
  const result = readServiceFile(bytes)
  if (result.ok) return { manifest: result.manifest, bytes }
  throw new CliError(exitCodes.badConfiguration, showFaults(result.faults, path === '-' ? 'stdin' : path, consequence))
}

const readOrRefuse = async (path: string, terminal: Terminal, consequence: string): Promise<Uint8Array> => {
  try {
    return await terminal.read(path)
  } catch (error) {
    const { code = 'unreadable' } = error as NodeJS.ErrnoException
    throw new CliError(exitCodes.usage, `E_FILE ${path}: ${code}; a readable service file, or - for standard input; ${consequence}`)
  }
}

const showFaults = (faults: readonly Fault[], file: string, consequence: string): string => {
  const show = showFaultIn(file)
  const lines = faults.flatMap((fault) => [`${show(fault)}; ${consequence}`, ...excerptLines(fault)])
  return lines.join('\n')
}

const excerptLines = (fault: Fault): readonly string[] => (fault.excerpt ?? '').split('\n').filter((line) => line !== '').map((line) => `    ${line}`)
