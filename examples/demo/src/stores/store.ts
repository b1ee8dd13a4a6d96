import type { SessionPlugin } from '@bext/session-core'

/** Raw contents of the backend, as a table of texts. */
export interface StoredRows {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** A store with the descriptions and the contents that the demo shows. */
export interface DemoStore {
  readonly plugin: SessionPlugin
  /** Description of its location. */
  readonly place: string
  /** Description of what it stores of a session. */
  readonly keeps: string
  /** True if a deleted session is gone at once (contract D2), false if it is readable until it expires (D4). */
  readonly isServerBacked: boolean
  /** Description of what `look` returns. */
  readonly shows: string
  look(userId: string | undefined): Promise<StoredRows>
  /** Removes the demo's data, and stops the server if the demo started it. */
  close(): Promise<void>
}
