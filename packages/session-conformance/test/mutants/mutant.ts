import type { StoreHarness } from '../../src/index.js'

/** A broken store, and the cases of the kit that must see it. */
export interface Mutant<Servers = void> {
  readonly name: string
  /** The rule that it breaks; at least one of the cases must say so. */
  readonly rule: string
  /** The plausible mistake that the mutant makes. */
  readonly breaks: string
  /** The ids of cases, each of which must catch it. */
  readonly caughtBy: readonly string[]
  make(servers: Servers): StoreHarness
}

/** Case ids that differ by their number: `numbered('R2-json', 5, 8)`. */
export function numbered(family: string, ...numbers: readonly number[]): readonly string[] {
  return numbers.map((n) => `${family}-${n}`)
}

/** One turn of the event loop, as any round trip to a backend takes. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
