/** Types of last-build.mjs, for the tests. */
export function verbOfLastBuild(root: string, args: readonly string[]): string | undefined
export function newerThanLastBuild(root: string): string | undefined
