import { channel } from 'node:diagnostics_channel'
import type {
  CloseCapability,
  CompareCapability,
  GivenIdCapability,
  SessionPlugin,
  SweepCapability,
  UserIndexCapability,
  UserRecordsCapability,
} from '@bext/session-core'
import { SessionError } from '@bext/session-core'
import {
  checkCreateOptions,
  checkDataJson,
  checkEndOptions,
  checkExpectedDataJson,
  checkSessionId,
  checkSweepOptions,
  checkTtlMs,
  checkUserId,
  hashSessionId,
  isHash,
  isServerBackedId,
  mintSessionId,
  notFound,
  observeOperations,
} from '@bext/session-core/store-helpers'
import { valuesOf, type SqliteValue } from './client/client.js'
import { createConnection } from './connection.js'
import { checkOptions, type SqliteSessionsOptions } from './options.js'
import { prepareStatements, type Statements } from './sessions/statements.js'

/** A store for sessions in an SQLite database, with its capabilities. */
export type SqliteSessions = SessionPlugin &
  UserIndexCapability &
  UserRecordsCapability &
  SweepCapability &
  CloseCapability &
  CompareCapability &
  GivenIdCapability

/** Name of the channel of `node:diagnostics_channel` on which a store publishes an `OperationEvent` for each call. */
export const sqliteOperationChannel = 'bext:session-sqlite:operation'

// Now and then a create removes twice as many expired records as were created meanwhile, so that the file does not grow.
const createsPerSweep = 64

function hashOf(id: unknown): string {
  return hashSessionId(checkSessionId(id))
}

/** Checks that all drivers read `userId` as it was written, which excludes NUL. Throws `Invalid` (contract I3). */
function checkSqliteUserId(userId: unknown): string {
  const checked = checkUserId(userId)
  if (!checked.includes('\0')) return checked
  throw new SessionError('bad_argument', 'userId contains a NUL, which some drivers of SQLite do not read.')
}

/**
 * Runs a write that compares data. If it changed no row, `readData` tells why: undefined is the data of a session that does not
 * exist.
 */
async function compare(
  write: () => Promise<number>,
  expected: string | null,
  readData: () => Promise<SqliteValue | undefined>,
): Promise<'updated' | 'changed' | 'gone'> {
  for (;;) {
    if ((await write()) === 1) return 'updated'
    const data = await readData()
    if (data === undefined) return 'gone'
    // Data that another process has put back in between are compared again.
    if (data !== expected) return 'changed'
  }
}

/**
 * Creates a store for sessions in an SQLite database, in the table that `migrate` creates. Several processes of one
 * machine may use the same file. Throws a `TypeError` for a wrong option.
 */
export function sqliteSessions(options: SqliteSessionsOptions): SqliteSessions {
  const { database, table, timeoutMs, maxDataBytes } = checkOptions(options)
  const { run, close } = createConnection({
    database,
    timeoutMs,
    prepare: (connected) => prepareStatements(connected, table),
  })
  let created = 0

  async function changed(statement: keyof Statements, ...values: (string | number | null)[]): Promise<number> {
    return run((statements) => Number(statements[statement].run(...values).changes))
  }

  async function create(statement: 'create' | 'createWithId', hash: string, createOptions: unknown): Promise<boolean> {
    const { userId, dataJson, ttlMs } = checkCreateOptions(createOptions, { maxDataBytes })
    const user = userId === undefined ? null : checkSqliteUserId(userId)
    if ((await changed(statement, hash, user, ttlMs, dataJson)) === 0) return false
    created += 1
    if (created % createsPerSweep === 0) await sweepNow(2 * createsPerSweep)
    return true
  }

  /** Sweeps if no other connection has the lock. The session is stored, so an error is none of the call's. */
  async function sweepNow(maxRecords: number): Promise<void> {
    await run((statements) => {
      try {
        statements.sweep.run(maxRecords)
      } catch {
        // A later create sweeps again.
      }
    }).catch(() => {})
  }

  async function readRow(hash: string): Promise<readonly SqliteValue[] | undefined> {
    return valuesOf(await run(({ read }) => read.get(hash)))
  }

  const store: SqliteSessions = {
    name: 'sqlite',

    async create(createOptions) {
      for (;;) {
        const id = mintSessionId()
        if (await create('create', hashSessionId(id), createOptions)) return id
      }
    },

    async createWithId(id, createOptions) {
      return { outcome: (await create('createWithId', hashOf(id), createOptions)) ? 'created' : 'taken' }
    },

    async read(id) {
      const hash = hashOf(id)
      const row = await readRow(hash)
      if (row === undefined) throw notFound()
      const [userId, createdAtMs, expiresAtMs, dataJson] = row
      return {
        id,
        userId: userId === null ? undefined : String(userId),
        dataJson: String(dataJson),
        createdAtMs: Number(createdAtMs),
        expiresAtMs: Number(expiresAtMs),
      }
    },

    async update(id, dataJson) {
      const hash = hashOf(id)
      if ((await changed('update', checkDataJson(dataJson, maxDataBytes), hash)) === 0) throw notFound()
      return id
    },

    async updateIfUnchanged(id, expectedDataJson, dataJson) {
      const hash = hashOf(id)
      const data = checkDataJson(dataJson, maxDataBytes)
      const expected = checkExpectedDataJson(expectedDataJson)
      const write = (): Promise<number> => changed('updateIfUnchanged', data, hash, expected)
      const outcome = await compare(write, expected, async () => (await readRow(hash))?.[3])
      if (outcome === 'gone') throw notFound()
      return outcome === 'updated' ? { outcome, id } : { outcome }
    },

    async touch(id, ttlMs) {
      const hash = hashOf(id)
      if ((await changed('touch', checkTtlMs(ttlMs), hash)) === 0) throw notFound()
      return id
    },

    async delete(id) {
      if (isServerBackedId(id)) await changed('delete', hashSessionId(id))
    },

    /** Also resolves to false if the table is missing, because then every call fails (H1). */
    async isHealthy() {
      try {
        await run(({ health }) => health.get())
        return true
      } catch {
        return false
      }
    },

    async listUserSessions(userId) {
      const user = checkSqliteUserId(userId)
      const rows = await run(({ listUser }) => listUser.all(user))
      return rows.map((row) => {
        const [handle, createdAtMs, expiresAtMs] = valuesOf(row) ?? []
        return { handle: String(handle), createdAtMs: Number(createdAtMs), expiresAtMs: Number(expiresAtMs) }
      })
    },

    async endUserSession(userId, handle) {
      const user = checkSqliteUserId(userId)
      if (isHash(handle)) await changed('endUserSession', handle, user)
    },

    async endUserSessions(userId, endOptions) {
      const user = checkSqliteUserId(userId)
      const except = checkEndOptions(endOptions)
      await changed('endUserSessions', user, isServerBackedId(except) ? hashSessionId(except) : null)
    },

    async listUserRecords(userId) {
      const user = checkSqliteUserId(userId)
      const rows = await run(({ listUserRecords }) => listUserRecords.all(user))
      return rows.map((row) => {
        const [handle, createdAtMs, expiresAtMs, dataJson] = valuesOf(row) ?? []
        return {
          handle: String(handle),
          createdAtMs: Number(createdAtMs),
          expiresAtMs: Number(expiresAtMs),
          dataJson: String(dataJson),
        }
      })
    },

    async updateUserRecord(userId, handle, expectedDataJson, dataJson) {
      const user = checkSqliteUserId(userId)
      const data = checkDataJson(dataJson, maxDataBytes)
      const expected = checkExpectedDataJson(expectedDataJson)
      if (!isHash(handle)) return { outcome: 'gone' }
      const outcome = await compare(
        () => changed('updateUserRecord', data, handle, user, expected),
        expected,
        async () => valuesOf(await run(({ readUserRecord }) => readUserRecord.get(handle, user)))?.[0],
      )
      return { outcome }
    },

    async sweep(sweepOptions) {
      const maxRecords = checkSweepOptions(sweepOptions)
      const removed = await changed('sweep', maxRecords)
      return { removed, more: removed === maxRecords }
    },

    /** Closes nothing, because the connection is yours. */
    async close() {
      close()
    },
  }

  return observeOperations(channel(sqliteOperationChannel), store)
}
