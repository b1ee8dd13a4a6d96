/** Thrown when a store breaks the contract. */
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

/** Thrown when a case is inconclusive: neither a pass nor a failure. */
export class Inconclusive extends Error {
  override readonly name = 'Inconclusive'
}

/** Thrown when the harness fails, and not the store: a process that crashes, or that does not keep the protocol. */
export class HarnessError extends Error {
  override readonly name = 'HarnessError'
}

/** Thrown when a case is not testable with this store or machine. */
export class Unsupported extends Error {
  override readonly name = 'Unsupported'
}
