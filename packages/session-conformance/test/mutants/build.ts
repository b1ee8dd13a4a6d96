import type { StoreHarness } from '../../src/index.js'
import type { ClientMutation } from './client-base.js'
import { clientHarness } from './client-base.js'
import type { Mutant } from './mutant.js'
import type { ServerHarnessOptions, ServerMutation, ServerSteps } from './server-base.js'
import { serverHarness } from './server-base.js'

type Described = Omit<Mutant, 'make'>

/** A correct server-backed store with some steps replaced. */
export function serverMutant(
  described: Described & { readonly steps?: ServerMutation; readonly harness?: ServerHarnessOptions },
): Mutant {
  return { ...described, make: () => serverHarness(described.name, described.steps, described.harness) }
}

/** A correct client-backed store with some steps replaced. */
export function clientMutant(
  described: Described & { readonly steps?: ClientMutation; readonly harness?: Partial<StoreHarness> },
): Mutant {
  return { ...described, make: () => clientHarness(described.name, described.steps, described.harness) }
}

/** Returns a step `insert` that records the first expiry of each key, and the record. Later writes do not change it. */
export function rememberFirstEnds(right: ServerSteps): {
  readonly firstEnds: Map<string, number>
  readonly insert: ServerSteps['insert']
} {
  const firstEnds = new Map<string, number>()
  return {
    firstEnds,
    insert(key, row) {
      firstEnds.set(key, row.expiresAtMs)
      return right.insert(key, row)
    },
  }
}
