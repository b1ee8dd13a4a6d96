import type {
  CloseCapability,
  CompareCapability,
  CompareResult,
  CreateOptions,
  EndUserSessionsOptions,
  SessionId,
  SessionPlugin,
  SessionRecord,
  SessionSummary,
  SweepCapability,
  SweepOptions,
  SweepResult,
  UserIndexCapability,
} from '@bext/session-core'
import { SessionError } from '@bext/session-core'
import {
  checkCreateOptions,
  checkDataJson,
  checkMaxRecords,
  checkSessionId,
  checkTtlMs,
  hashSessionId,
  isHash,
  isServerBackedId,
  mintSessionId,
} from '@bext/session-core/store'
import { createBackend } from './backend.js'
import { checkExpectedDataJson, checkPgUserId } from './check-text.js'
import type { PgSessionsOptions } from './options.js'
import { checkOptions } from './options.js'
import { statementsFor } from './statements.js'

export type PgSessions = SessionPlugin & UserIndexCapability & SweepCapability & CloseCapability & CompareCapability

function notFound(): SessionError {
  return new SessionError('unknown', 'There is no such session, or it has expired.')
}

/**
 * Sessions in PostgreSQL, in the table that `migrate` makes. With `sql` the client stays the user's; with `url` the
 * store opens connections of its own, which `close` ends. Throws a `TypeError` for a wrong option.
 */
export function pgSessions(options: PgSessionsOptions): PgSessions {
  const { sql, end, table, timeoutMs, maxDataBytes } = checkOptions(options)
  const statements = statementsFor(table)
  const { ask, write, close } = createBackend({ sql, end, timeoutMs, nowText: statements.now })

  return {
    name: 'pg',

    async create(createOptions: CreateOptions): Promise<SessionId> {
      const { userId, dataJson, ttlMs } = checkCreateOptions(createOptions, { maxDataBytes })
      const user = userId === undefined ? null : checkPgUserId(userId)
      for (;;) {
        const id = mintSessionId()
        const outcome = await write(statements.create, hashSessionId(id), user, dataJson, String(ttlMs))
        if (outcome === 'done') return id
      }
    },

    async read(id: SessionId): Promise<SessionRecord> {
      const hash = hashSessionId(checkSessionId(id))
      const [row] = await ask(statements.read, hash)
      if (row === undefined) throw notFound()
      const [userId, dataJson, createdAtMs, expiresAtMs] = row
      return {
        id,
        userId: userId ?? undefined,
        dataJson: String(dataJson),
        createdAtMs: Number(createdAtMs),
        expiresAtMs: Number(expiresAtMs),
      }
    },

    async update(id: SessionId, dataJson: string): Promise<SessionId> {
      const hash = hashSessionId(checkSessionId(id))
      const data = checkDataJson(dataJson, maxDataBytes)
      const outcome = await write(statements.update, hash, data)
      if (outcome === 'missing') throw notFound()
      return id
    },

    async updateIfUnchanged(id: SessionId, expectedDataJson: string, dataJson: string): Promise<CompareResult> {
      const hash = hashSessionId(checkSessionId(id))
      const data = checkDataJson(dataJson, maxDataBytes)
      const expected = checkExpectedDataJson(expectedDataJson)
      const outcome = await write(statements.updateIfUnchanged, hash, data, expected)
      if (outcome === 'missing') throw notFound()
      return outcome === 'changed' ? { outcome } : { outcome: 'updated', id }
    },

    async touch(id: SessionId, ttlMs: number): Promise<SessionId> {
      const hash = hashSessionId(checkSessionId(id))
      const ttl = String(checkTtlMs(ttlMs))
      const outcome = await write(statements.touch, hash, ttl)
      if (outcome === 'missing') throw notFound()
      return id
    },

    async delete(id: SessionId): Promise<void> {
      if (!isServerBackedId(id)) return
      await write(statements.delete, hashSessionId(id))
    },

    async isHealthy(): Promise<boolean> {
      try {
        await ask('select 1')
        return true
      } catch {
        return false
      }
    },

    async listUserSessions(userId: string): Promise<readonly SessionSummary[]> {
      const user = checkPgUserId(userId)
      const rows = await ask(statements.listUser, user)
      return rows.map(([handle, createdAtMs, expiresAtMs]) => ({
        handle: String(handle),
        createdAtMs: Number(createdAtMs),
        expiresAtMs: Number(expiresAtMs),
      }))
    },

    async endUserSession(userId: string, handle: string): Promise<void> {
      const user = checkPgUserId(userId)
      if (!isHash(handle)) return
      await write(statements.endUserSession, handle, user)
    },

    async endUserSessions(userId: string, { except }: EndUserSessionsOptions = {}): Promise<void> {
      const user = checkPgUserId(userId)
      const kept = isServerBackedId(except) ? hashSessionId(except) : null
      await write(statements.endUserSessions, user, kept)
    },

    async sweep({ maxRecords }: SweepOptions = {}): Promise<SweepResult> {
      const limit = checkMaxRecords(maxRecords)
      const removed = Number(await write(statements.sweep, String(limit)))
      return { removed, more: removed === limit }
    },

    close,
  }
}
