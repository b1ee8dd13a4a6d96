import { asSessionId, SessionError } from '@bext/session-core'
import type { SessionId, SessionPlugin, SessionRecord } from '@bext/session-core'
import { memorySessions } from '@bext/session-core/memory'
import type { SessionManager, SessionManagerOptions } from '@bext/session-core/manager'
import { createSessionManager } from '@bext/session-core/manager'
import { parseSetCookie } from 'cookie'

export interface Visit {
  visits?: number
  note?: string
}

export type Method = 'create' | 'read' | 'update' | 'touch' | 'delete'

const methods: readonly string[] = ['create', 'read', 'update', 'touch', 'delete']

export interface WatchedPlugin {
  readonly plugin: SessionPlugin
  /** Names of the calls so far. Set its length to 0 to clear it. */
  readonly calls: Method[]
  /** Errors that calls of these methods reject with, instead of reaching the store. */
  readonly failures: Partial<Record<Method, SessionError>>
}

/** Wraps a store so that its calls are recorded and can be made to fail. */
export function watched(inner: SessionPlugin = memorySessions()): WatchedPlugin {
  const calls: Method[] = []
  const failures: Partial<Record<Method, SessionError>> = {}
  const plugin = new Proxy(inner, {
    get(target, key): unknown {
      const value: unknown = Reflect.get(target, key)
      if (typeof value !== 'function' || typeof key !== 'string' || !methods.includes(key)) return value
      const method = key as Method
      return async (...args: unknown[]): Promise<unknown> => {
        calls.push(method)
        if (failures[method]) throw failures[method]
        return Reflect.apply(value, target, args) as Promise<unknown>
      }
    },
  })
  return { plugin, calls, failures }
}

async function readUnsealed(id: SessionId): Promise<SessionRecord> {
  let record: SessionRecord
  try {
    record = JSON.parse(Buffer.from(id, 'base64url').toString()) as SessionRecord
  } catch {
    throw new SessionError('tampered', 'The seal is broken.')
  }
  if (record.expiresAtMs <= Date.now()) throw new SessionError('expired', 'The session has expired.')
  return { ...record, userId: record.userId, id }
}

/** Creates a client-backed store without encryption: the id contains the record, and every write returns a new id. */
export function unsealedSessions(): SessionPlugin {
  let written = 0

  function write(record: Omit<SessionRecord, 'id'>): SessionId {
    written += 1
    return asSessionId(Buffer.from(JSON.stringify({ ...record, id: undefined, written })).toString('base64url'))
  }

  return {
    name: 'unsealed',
    async create({ userId, dataJson, ttlMs }) {
      const createdAtMs = Date.now()
      return write({ userId, dataJson, createdAtMs, expiresAtMs: createdAtMs + ttlMs })
    },
    read: readUnsealed,
    async update(id, dataJson) {
      return write({ ...(await readUnsealed(id)), dataJson })
    },
    async touch(id, ttlMs) {
      return write({ ...(await readUnsealed(id)), expiresAtMs: Date.now() + ttlMs })
    },
    async delete() {},
    async isHealthy() {
      return true
    },
  }
}

export function managerOf(
  plugin: SessionPlugin,
  options: Partial<SessionManagerOptions<Visit>> = {},
): SessionManager<Visit> {
  return createSessionManager<Visit>({ store: plugin, initialData: () => ({}), ...options })
}

/** Returns the `Cookie` header that a client sends after one response. */
export function cookieAfter(setCookies: readonly string[]): string {
  return setCookies
    .map((setCookie) => parseSetCookie(setCookie))
    .filter(({ maxAge }) => maxAge !== 0)
    .map(({ name, value }) => `${name}=${value}`)
    .join('; ')
}

/** Stores a session and resolves to the `Cookie` header that opens it. */
export async function begin(manager: SessionManager<Visit>, data: Visit, userId?: string): Promise<string> {
  const session = await manager.open(null)
  session.data = data
  if (userId !== undefined) session.signIn(userId)
  return cookieAfter(await session.commit())
}

export function backendError(): SessionError {
  return new SessionError('unavailable', 'The backend cannot be reached.')
}
