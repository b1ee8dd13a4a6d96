/** A store that does not do what the contract says. */
export class ConformanceFailure extends Error {
  readonly expected: string
  readonly seen: string
  /** The rule that was broken, if it is another one than the case's own. */
  readonly rule: string | undefined

  /** `cause` is the error of the store's author, if the store let one through. */
  constructor(expected: string, seen: string, rule?: string, cause?: unknown) {
    super(`expected ${expected}, but ${seen}`, { cause })
    this.name = 'ConformanceFailure'
    this.expected = expected
    this.seen = seen
    this.rule = rule
  }
}

/** A case that could not tell: never a pass, never a fail. */
export class Inconclusive extends Error {
  override readonly name = 'Inconclusive'
}

/** A case that this store or machine gives no hold for. */
export class Unsupported extends Error {
  override readonly name = 'Unsupported'
}
