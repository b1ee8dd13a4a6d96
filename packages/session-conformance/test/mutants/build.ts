import type { StoreHarness } from '../../src/index.js'
import type { ClientMutation } from './client-base.js'
import { clientHarness } from './client-base.js'
import type { Mutant } from './mutant.js'
import type { ServerHarnessOptions, ServerMutation } from './server-base.js'
import { serverHarness } from './server-base.js'

type Described = Omit<Mutant, 'make'>

/** The right server-backed store with some of its steps replaced. */
export function serverMutant(
  described: Described & { readonly steps?: ServerMutation; readonly harness?: ServerHarnessOptions },
): Mutant {
  return { ...described, make: () => serverHarness(described.name, described.steps, described.harness) }
}

/** The right client-backed store with some of its steps replaced. */
export function clientMutant(
  described: Described & { readonly steps?: ClientMutation; readonly harness?: Partial<StoreHarness> },
): Mutant {
  return { ...described, make: () => clientHarness(described.name, described.steps, described.harness) }
}
