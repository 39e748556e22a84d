/** Types of exclusively.mjs, for the tests. */
export function exclusively<Result>(
  lock: { readonly root: string; readonly name: string; readonly say: (line: string) => void },
  work: () => Promise<Result>,
): Promise<Result>
