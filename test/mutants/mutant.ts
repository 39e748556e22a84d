/** A bug that somebody might really write, as one exact replacement in one file of the product. */
export type Mutant = {
  readonly name: string
  /** The realistic mistake, in one sentence. */
  readonly story: string
  readonly file: string
  /** Stands exactly once in the file; else the patch, not the product, is out of date. */
  readonly from: string
  readonly to: string
  /** Unit tests to ask where they are not those of the file's own folder. */
  readonly tests?: readonly string[]
  /** Where nobody notices it: why that is no hole. */
  readonly survives?: string
}
