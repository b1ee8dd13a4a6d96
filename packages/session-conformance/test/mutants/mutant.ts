import type { StoreHarness } from '../../src/index.js'

/** A broken store, and the cases of the kit that must fail for it. */
export interface Mutant<Servers = void> {
  readonly name: string
  /** The rule that it breaks. At least one of the cases must report it. */
  readonly rule: string
  /** The plausible mistake that the mutant makes. */
  readonly breaks: string
  /** Ids of cases. Each of them must fail. */
  readonly caughtBy: readonly string[]
  make(servers: Servers): StoreHarness
}

/** Returns case ids that differ by their number: `numbered('R2-json', 5, 8)`. */
export function numbered(family: string, ...numbers: readonly number[]): readonly string[] {
  return numbers.map((n) => `${family}-${n}`)
}

/** Waits one turn of the event loop, like a round trip to a backend. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
