/** Types of compile.mjs, for the tests. */
export function compile(root: string, say: (line: string) => void): Promise<void>
export function build(root: string, say: (line: string) => void): Promise<void>
export function buildIsStale(root: string): boolean
export function removeOrphans(root: string): void
