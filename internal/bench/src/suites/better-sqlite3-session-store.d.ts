/** The part of the package that the benchmark uses. It brings no types. */
declare module 'better-sqlite3-session-store' {
  import type { Database } from 'better-sqlite3'
  import type session from 'express-session'
  import type { SessionData } from 'express-session'

  type Done = (error?: unknown, value?: unknown) => void

  class SqliteStore {
    constructor(options: { client: Database })
    startInterval(): void
    get(id: string, done: Done): void
    set(id: string, data: SessionData, done: Done): void
    touch(id: string, data: SessionData, done: Done): void
    destroy(id: string, done: Done): void
  }

  export default function createStoreClass(module: typeof session): typeof SqliteStore
}
