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
import {
  checkCreateOptions,
  checkDataJson,
  checkEndOptions,
  checkExpectedDataJson,
  checkSessionId,
  checkSweepOptions,
  checkTtlMs,
  hashSessionId,
  isHash,
  isServerBackedId,
  mintSessionId,
  notFound,
  observeOperations,
  type Deadline,
} from '@bext/session-core/store-helpers'
import { createRunWaitingForLock } from './batching/locked-calls.js'
import type { SqlText } from './client/adapter.js'
import { createConnection } from './connection.js'
import { checkOutcome } from './errors.js'
import { connect } from './client/connect.js'
import { checkOptions, type PgSessionsOptions } from './options.js'
import { checkPgUserId, createSessionCommands } from './sessions/commands.js'
import { statementsFor } from './sessions/statements.js'
import { createSweep } from './sweep/sweep.js'

/** A store for sessions in PostgreSQL, with its capabilities. */
export type PgSessions = SessionPlugin &
  UserIndexCapability &
  UserRecordsCapability &
  SweepCapability &
  CloseCapability &
  CompareCapability &
  GivenIdCapability

/** Name of the channel of `node:diagnostics_channel` on which a store publishes an `OperationEvent` for each call. */
export const pgOperationChannel = 'bext:session-pg:operation'

function hashOf(id: unknown): string {
  return hashSessionId(checkSessionId(id))
}

/**
 * Creates a store for sessions in PostgreSQL, in the table that `migrate` creates. With `client` the store uses your
 * client and never ends it. With `url` it opens connections, which `close` ends. Throws a `TypeError` for a wrong option.
 */
export function pgSessions(options: PgSessionsOptions): PgSessions {
  const { source, table, timeoutMs, maxDataBytes } = checkOptions(options)
  const { client, close } = connect(source, timeoutMs)
  const statements = statementsFor(table)
  const connection = createConnection({ adapter: client, timeoutMs, nowText: statements.now })
  const commands = createSessionCommands(connection, table)
  const runWaitingForLock = createRunWaitingForLock()
  const sweep = createSweep({ connection, text: statements.sweep, table, timeoutMs })

  /** Runs a write, which is not batched. Resolves to its outcome. */
  async function writeBefore(deadline: Deadline, text: string, ...parameters: SqlText[]): Promise<string> {
    const [outcome] = await runWaitingForLock(deadline, () => connection.write(deadline, text, ...parameters))
    checkOutcome(outcome)
    return outcome
  }

  function write(text: string, ...parameters: SqlText[]): Promise<string> {
    return connection.call((deadline) => writeBefore(deadline, text, ...parameters))
  }

  const store: PgSessions = {
    name: 'pg',

    async create(createOptions) {
      const { userId, dataJson, ttlMs } = checkCreateOptions(createOptions, { maxDataBytes })
      const user = userId === undefined ? null : checkPgUserId(userId)
      for (;;) {
        const id = mintSessionId()
        const outcome = await commands.create({ hash: hashSessionId(id), user, dataJson, ttlMs })
        checkOutcome(outcome)
        if (outcome === 'done') return id
      }
    },

    async createWithId(id, createOptions) {
      const hash = hashOf(id)
      const { userId, dataJson, ttlMs } = checkCreateOptions(createOptions, { maxDataBytes })
      const user = userId === undefined ? null : checkPgUserId(userId)
      const startedAtMs = performance.now()
      for (;;) {
        const created = await commands.create({ hash, user, dataJson, ttlMs })
        checkOutcome(created)
        if (created === 'done') return { outcome: 'created' }
        const replaced = await connection.resume(
          (deadline) => writeBefore(deadline, statements.replaceExpired, hash, user, dataJson, String(ttlMs)),
          startedAtMs,
        )
        if (replaced === 'done') return { outcome: 'created' }
        if (replaced === 'taken') return { outcome: 'taken' }
      }
    },

    async read(id) {
      const row = await commands.read(hashOf(id))
      if (typeof row === 'string') {
        checkOutcome(row)
        throw notFound()
      }
      const [, userId, createdAtMs, expiresAtMs, dataJson] = row
      return {
        id,
        userId: userId ?? undefined,
        dataJson: String(dataJson),
        createdAtMs: Number(createdAtMs),
        expiresAtMs: Number(expiresAtMs),
      }
    },

    async update(id, dataJson) {
      const hash = hashOf(id)
      const outcome = await commands.update({ hash, dataJson: checkDataJson(dataJson, maxDataBytes) })
      checkOutcome(outcome)
      if (outcome === 'missing') throw notFound()
      return id
    },

    async updateIfUnchanged(id, expectedDataJson, dataJson) {
      const hash = hashOf(id)
      const data = checkDataJson(dataJson, maxDataBytes)
      const expected = checkExpectedDataJson(expectedDataJson)
      const outcome = await write(statements.updateIfUnchanged, hash, data, expected)
      if (outcome === 'missing') throw notFound()
      return outcome === 'changed' ? { outcome } : { outcome: 'updated', id }
    },

    async touch(id, ttlMs) {
      const hash = hashOf(id)
      const outcome = await commands.touch({ hash, ttlMs: checkTtlMs(ttlMs) })
      checkOutcome(outcome)
      if (outcome === 'missing') throw notFound()
      return id
    },

    async delete(id) {
      if (!isServerBackedId(id)) return
      checkOutcome(await commands.delete(hashSessionId(id)))
    },

    /** Also resolves to false if the table is missing or may not be read, because then every call fails (H1). */
    async isHealthy() {
      try {
        await connection.call((deadline) => connection.read(deadline, statements.health))
        return true
      } catch {
        return false
      }
    },

    async listUserSessions(userId) {
      const user = checkPgUserId(userId)
      const [row] = await connection.call((deadline) => connection.read(deadline, statements.listUser, user))
      checkOutcome(row?.[0] ?? '')
      const sessions = (row?.[0]?.split(';') ?? []).map((session) => {
        const [handle = '', createdAtMs, expiresAtMs] = session.split(',')
        return { handle, createdAtMs: Number(createdAtMs), expiresAtMs: Number(expiresAtMs) }
      })
      // Ignores rows of other programs. The id of a session is a hash, which contains no separator.
      return sessions.filter(({ handle }) => isHash(handle))
    },

    async endUserSession(userId, handle) {
      const user = checkPgUserId(userId)
      if (!isHash(handle)) return
      await write(statements.endUserSession, handle, user)
    },

    async endUserSessions(userId, endOptions) {
      const user = checkPgUserId(userId)
      const except = checkEndOptions(endOptions)
      const kept = isServerBackedId(except) ? hashSessionId(except) : null
      await write(statements.endUserSessions, user, kept)
    },

    async listUserRecords(userId) {
      const user = checkPgUserId(userId)
      const rows = await connection.call((deadline) => connection.read(deadline, statements.listUserRecords, user))
      checkOutcome(rows[0]?.[0] ?? '')
      const records = rows.map(([handle, createdAtMs, expiresAtMs, dataJson]) => ({
        handle: handle ?? '',
        createdAtMs: Number(createdAtMs),
        expiresAtMs: Number(expiresAtMs),
        dataJson: String(dataJson),
      }))
      return records.filter(({ handle }) => isHash(handle))
    },

    async updateUserRecord(userId, handle, expectedDataJson, dataJson) {
      const user = checkPgUserId(userId)
      const data = checkDataJson(dataJson, maxDataBytes)
      const expected = checkExpectedDataJson(expectedDataJson)
      if (!isHash(handle)) return { outcome: 'gone' }
      const outcome = await write(statements.updateUserRecord, handle, user, data, expected)
      if (outcome === 'missing') return { outcome: 'gone' }
      return { outcome: outcome === 'changed' ? outcome : 'updated' }
    },

    async sweep(sweepOptions) {
      const maxRecords = checkSweepOptions(sweepOptions)
      return sweep(maxRecords)
    },

    close: () => connection.close(close),
  }

  return observeOperations(channel(pgOperationChannel), store)
}
