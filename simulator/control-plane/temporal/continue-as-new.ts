/** How workflow code ends a run that another one follows. */
export class ContinueAsNew extends Error {
  readonly input: unknown
  constructor(input: unknown) {
    super('continue as new')
    this.input = input
  }
}
