import type { SessionId, SessionPlugin } from '@bext/session-core'
import {
  checkCreateOptions,
  checkDataJson,
  checkTtlMs,
  defaultMaxDataBytes,
  notFound,
  toBackendError,
} from '@bext/session-core/store-helpers'

/** The record, as a bridge stores it in the session of a library. */
export interface Fields {
  readonly user: string | null
  readonly data: string
  readonly createdAtMs: number
  readonly expiresAtMs: number
}

/** The calls of a library that the bridge makes. Each but `touch` is what one request of a visitor does. */
export interface Library {
  /** Stores a new session. Resolves to its id, as the cookie of the response has it. */
  create(fields: Fields): Promise<string>
  /** Resolves to undefined if there is no session. */
  load(id: string): Promise<Fields | undefined>
  /** Loads a session and saves what `edit` returns. Resolves to the id of the response, or to undefined. */
  change(id: string, edit: (fields: Fields) => Fields): Promise<string | undefined>
  /** The touch of the library. Absent: a change of the expiry. */
  touch?(id: string, expiresAtMs: number): Promise<string | undefined>
  destroy(id: string): Promise<void>
  isHealthy?(): Promise<unknown>
}

/** Returns true if a cookie can carry the text as it is. */
export function isCookieValue(id: unknown): id is string {
  return typeof id === 'string' && /^[!#$&-+\--:<-[\]-~]+$/.test(id)
}

async function attempt<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw toBackendError(error)
  }
}

async function found<T>(call: Promise<T | undefined>): Promise<T> {
  const value = await call
  if (value === undefined) throw notFound()
  return value
}

function checkId(id: unknown): string {
  if (!isCookieValue(id)) throw notFound()
  return id
}

/** Makes a `SessionPlugin` of a library. Checks arguments, and adds no deadline. */
export function librarySessions(name: string, library: Library): SessionPlugin {
  return {
    name,
    async create(options) {
      const { userId, dataJson, ttlMs } = checkCreateOptions(options, { maxDataBytes: defaultMaxDataBytes })
      const createdAtMs = Date.now()
      const fields = { user: userId ?? null, data: dataJson, createdAtMs, expiresAtMs: createdAtMs + ttlMs }
      return (await attempt(() => library.create(fields))) as SessionId
    },
    async read(id) {
      const { user, data, createdAtMs, expiresAtMs } = await found(attempt(() => library.load(checkId(id))))
      return { id, userId: user ?? undefined, dataJson: data, createdAtMs, expiresAtMs }
    },
    async update(id, dataJson) {
      const data = checkDataJson(dataJson, defaultMaxDataBytes)
      const saved = attempt(() => library.change(checkId(id), (fields) => ({ ...fields, data })))
      return (await found(saved)) as SessionId
    },
    async touch(id, ttlMs) {
      const checked = checkTtlMs(ttlMs)
      const known = checkId(id)
      const expiresAtMs = Date.now() + checked
      const renewed = attempt(
        async () =>
          library.touch?.(known, expiresAtMs) ?? library.change(known, (fields) => ({ ...fields, expiresAtMs })),
      )
      return (await found(renewed)) as SessionId
    },
    async delete(id) {
      if (isCookieValue(id)) await attempt(() => library.destroy(id))
    },
    async isHealthy() {
      try {
        await library.isHealthy?.()
        return true
      } catch {
        return false
      }
    },
  }
}
