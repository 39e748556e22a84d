/** Types of test-report.mjs, for the tests. */
export interface TestReport {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly { readonly status: string }[] }[]
}
export interface Counts {
  readonly passed: number
  readonly failed: number
}
export function countTests(report: TestReport): Counts
export function sumOf(counts: readonly Counts[]): Counts
