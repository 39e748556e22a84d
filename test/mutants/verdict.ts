/** What came of asking about one mutant. */

export type Catch = {
  readonly by: 'simulation' | 'unit tests'
  /** Seeds until the first one failed, itself included; null where no seed did. */
  readonly seeds: number | null
  readonly what: string
}

/** Seeds that were asked of one state of the product; a plus behind its commit where the working tree differed. */
export type Asked = { readonly from: number; readonly count: number; readonly commit: string; readonly date: string }

/** `isSimulated`: the simulation runs the code that the mutant changes. `patch` names the text of the mutant. */
export type Verdict = {
  readonly mutant: string
  readonly patch: string
  readonly isSimulated: boolean
  readonly asked: readonly Asked[]
  readonly caught: Catch | null
}
