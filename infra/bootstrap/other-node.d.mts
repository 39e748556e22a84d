/** Types of other-node.mjs, for the tests. */
export interface Machine {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: string
  readonly node: { readonly path: string; readonly version: string }
}
export function nodeVariable(major: number): string
export function nodeOf(root: string, major: number, options?: { readonly machine?: Machine; readonly say?: (line: string) => void }): Promise<string>
export function nodeHere(root: string, major: number, machine?: Machine): string | undefined
export function environmentOn(binary: string, env?: Readonly<Record<string, string | undefined>>): Record<string, string>
