/** Types of node-version.mjs, for the tests. */
export function nodeVersionFault(version: string): string | undefined
