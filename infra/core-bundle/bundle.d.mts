/** Types of bundle.mjs, for the tests. */
export function hashOf(text: string): string
export function bundleCore(root: string): Promise<{ readonly coreHash: string; readonly text: string }>
