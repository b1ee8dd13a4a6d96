import type { SessionPlugin } from '@bext/session-core'

/** What is in the backend, as it is there: a table of texts. */
export interface Holdings {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** A store as the demo shows it. */
export interface DemoStore {
  readonly plugin: SessionPlugin
  /** Where it is, for people. */
  readonly place: string
  /** What it keeps of a session, for people. */
  readonly keeps: string
  /** Whether an ended session is gone at once (contract D2), rather than readable until it expires (D4). */
  readonly isServerBacked: boolean
  /** What `look` shows, for people. */
  readonly shows: string
  look(userId: string | undefined): Promise<Holdings>
  /** Removes what the demo left in it, and ends what was started for it. */
  close(): Promise<void>
}
