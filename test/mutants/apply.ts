/** Puts a mutant into the text of its file. */
import type { Mutant } from './mutant.ts'

/** Throws when the patch is out of date: a mutant that changes nothing would be called a survivor. */
export const mutated = (source: string, { name, file, from, to }: Mutant): string => {
  const found = source.split(from).length - 1
  if (found !== 1) throw new Error(`MUTANT ${name}: its text stands ${found} times in ${file}; exactly once is allowed; bring the patch up to date`)
  return source.replace(from, () => to)
}
