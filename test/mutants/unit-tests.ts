/** Which unit tests are asked about a mutant: those of the folder of its file. */
import { dirname } from 'node:path'
import type { Mutant } from './mutant.ts'

export const unitTestsOf = ({ file, tests }: Pick<Mutant, 'file' | 'tests'>): readonly string[] => {
  if (tests !== undefined) return tests
  // The workflows' own tests need a Temporal server; without one, recorded histories are replayed.
  return file.startsWith('workflows/') ? ['test/replay/replay.test.ts'] : [`test/${dirname(file)}`]
}
