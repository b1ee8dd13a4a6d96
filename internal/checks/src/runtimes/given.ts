/** What each runtime is given: what Node sealed, and how. */
export interface Given {
  readonly secret: string
  readonly dataJson: string
  readonly plain: string
  readonly deflated: string
}

/** What a runtime says of itself. */
export interface Outcome {
  /** How many of the kit's cases, of those with revocation, and of what is special to the package. */
  readonly passed: Readonly<Record<'kit' | 'revocation' | 'own', number>>
  readonly failed: readonly string[]
  /** An id that this runtime sealed, for Node to open. */
  readonly sealed: string
}

/** Precedes the outcome in what a runtime writes. */
export const marker = 'outcome: '
