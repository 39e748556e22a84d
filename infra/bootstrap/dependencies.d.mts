/** Types of dependencies.mjs, for the tests. */
export interface LockedPackage {
  readonly version?: string
  readonly integrity?: string
  readonly optional?: boolean
  readonly devOptional?: boolean
}
export function installDependencies(root: string, say: (line: string) => void): Promise<void>
export function staleDependency(root: string): string | undefined
export function firstDifference(
  locked: Readonly<Record<string, LockedPackage>>,
  installed: Readonly<Record<string, LockedPackage>>,
): string | undefined
