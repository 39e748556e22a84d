/** Types of run-step.mjs, for the tests. */
export interface StepOptions {
  readonly stdout?: 'inherit' | 2
  readonly env?: Readonly<Record<string, string>>
  readonly onLine?: (line: string) => void
}
export function runStep(root: string, command: readonly string[], options?: StepOptions): Promise<number>
export function since(startedAt: number): string
