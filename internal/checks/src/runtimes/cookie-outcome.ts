/** Input of the check on each runtime: sessions that Node sealed, and their secret. */
export interface CookieInput {
  readonly secret: string
  readonly dataJson: string
  readonly plain: string
  readonly deflated: string
}

/** The result of the check on one runtime. */
export interface CookieOutcome {
  /** Numbers of passed cases: of the kit, of the kit with revocation, and of the package's own checks. */
  readonly passed: Readonly<Record<'kit' | 'revocation' | 'own', number>>
  readonly failed: readonly string[]
  /** Id that this runtime sealed, for Node to open. */
  readonly sealed: string
}

/** Prefix of the outcome in the output of a runtime. */
export const marker = 'outcome: '
