import type { StoreHarness } from '@bext/session-conformance'

/** A store, ready for the kit. */
export interface StoreUnderTest {
  readonly harness: StoreHarness
  /** The packages whose versions a report names. None: the packages of this repository. */
  readonly packages: readonly string[]
  /** Removes what the runs left behind. */
  close(): Promise<void>
}
