import { setTimeout as sleep } from 'node:timers/promises'
import { SessionError } from '@bext/session-core'
import { isInTransaction, valuesOf, type SqliteDatabase } from './client/client.js'
import { isBusy, toSessionError } from './errors.js'

/** Runs statements on a connection. All rejections are `Backend` errors (contract E1). */
export interface Connection<Statements> {
  /**
   * Runs `work` again until no other connection has the lock that it needs, or until the deadline (contract E5). `work`
   * must run one statement that changes something, at most, as its last step.
   */
  readonly run: <T>(work: (statements: Statements) => T) => Promise<T>
  /** Makes later calls reject, and calls that wait for a lock. */
  readonly close: () => void
}

interface ConnectionOptions<Statements> {
  readonly database: SqliteDatabase
  readonly timeoutMs: number
  /** Prepares the statements. Called before the first one runs. */
  readonly prepare: (database: SqliteDatabase) => Statements
}

const minVersion = [3, 42]
const maxPauseMs = 25

function checkVersion(database: SqliteDatabase): void {
  const version = String(valuesOf(database.prepare('SELECT sqlite_version()').get())?.[0])
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > Number(minVersion[0]) || (major === minVersion[0] && minor >= Number(minVersion[1]))) return
  throw new SessionError('failed', `The store needs SQLite ${minVersion.join('.')} or newer, but this is ${version}.`)
}

/**
 * Sets up the connection. Without a busy timeout a statement that finds the database locked fails at once: the store then
 * waits itself, without blocking the process. `FULL` syncs each commit, so that a power failure undoes none.
 */
function setUp(database: SqliteDatabase): void {
  checkVersion(database)
  database.exec('PRAGMA busy_timeout = 0; PRAGMA synchronous = FULL')
}

/** Creates the connection of a store. */
export function createConnection<Statements>({
  database,
  timeoutMs,
  prepare,
}: ConnectionOptions<Statements>): Connection<Statements> {
  let statements: Statements | undefined
  let isClosed = false

  function attempt<T>(work: (prepared: Statements) => T): T {
    if (isClosed) throw new SessionError('closed', 'The store was closed.')
    if (isInTransaction(database)) {
      const advice = 'Open a connection for the store alone, because a rollback would undo what it has confirmed.'
      throw new SessionError('failed', `The connection has an open transaction. ${advice}`)
    }
    if (statements === undefined) {
      setUp(database)
      statements = prepare(database)
    }
    return work(statements)
  }

  return {
    async run(work) {
      const atMs = performance.now() + timeoutMs
      for (let pauseMs = 1; ; pauseMs = Math.min(2 * pauseMs, maxPauseMs)) {
        try {
          return attempt(work)
        } catch (error) {
          const leftMs = atMs - performance.now()
          if (!isBusy(error) || leftMs <= 0) throw toSessionError(error)
          await sleep(Math.min(pauseMs, leftMs))
        }
      }
    },

    close() {
      isClosed = true
    },
  }
}
