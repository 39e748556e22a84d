/** Types of test-report.mjs, for the tests. */
export interface TestReport {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly { readonly status: string }[] }[]
}
export function countTests(report: TestReport): { readonly passed: number; readonly failed: number }
