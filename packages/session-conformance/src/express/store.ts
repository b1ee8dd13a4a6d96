import type { CreateOptions, SessionId, SessionPlugin, SessionRecord } from '@bext/session-core'
import { isSessionError, SessionError } from '@bext/session-core'
import {
  checkCreateOptions,
  checkDataJson,
  checkSessionId,
  checkTtlMs,
  describeType,
  isServerBackedId,
  mintSessionId,
  rejectUnknownOptions,
  notFound,
} from '@bext/session-core/store-helpers'
import { callStore, callStoreFor } from './call.js'
import type { ExpressSession, ExpressStore } from './protocol.js'
import { readinessOf } from './readiness.js'
import type { LoadedSession } from './session.js'
import { checkSession, newSession, toRecord, withData, withLife } from './session.js'

export interface FromExpressStoreOptions {
  /** The store's name in logs and reports. Default: `express`. */
  readonly name?: string | undefined
}

// The protocol has no limit. The store decides what is too large.
const maxDataBytes = Number.POSITIVE_INFINITY

function checkStore(store: unknown): void {
  if (typeof store !== 'object' || store === null) {
    throw new TypeError(`fromExpressStore: expected a store, but it is ${describeType(store)}.`)
  }
  for (const method of ['get', 'set', 'destroy']) {
    const found: unknown = Reflect.get(store, method)
    if (typeof found === 'function') continue
    throw new TypeError(`fromExpressStore: expected a store with ${method}(), but it is ${describeType(found)}.`)
  }
}

/**
 * Wraps a store of express-session as a server-backed `SessionPlugin`, so that the kit can test it. Use it only for
 * tests, because the protocol cannot keep the contract (see `expressProtocolLimits`).
 *
 * The bridge mints and checks the ids, checks the arguments, and stores user and times in the session. `create` calls
 * `set`. `read` calls `get`. `update` calls `get`, then `set` with the remaining ttl. `touch` calls `get`, then `touch`
 * (`set` for a store without `touch`). `delete` calls `destroy`. `isHealthy` is true if `get` of an unknown id calls
 * back without an error. The bridge adds no deadline: a call that the store never answers stays pending. Throws a
 * `TypeError` if the value is not a store.
 */
export function fromExpressStore(store: ExpressStore, options: FromExpressStoreOptions = {}): SessionPlugin {
  checkStore(store)
  rejectUnknownOptions('fromExpressStore', options, ['name'])
  const { name = 'express' } = options
  const readiness = readinessOf(store)

  // express-session would serve requests without a session. The contract requires an error (E4).
  function checkReady(): void {
    if (readiness.isConnected) return
    throw new SessionError('unavailable', 'The store says that it is disconnected.')
  }

  async function save(id: SessionId, session: ExpressSession): Promise<void> {
    checkReady()
    await callStore((callback) => store.set(id, session, callback))
  }

  async function load(id: SessionId): Promise<LoadedSession> {
    const sid = checkSessionId(id)
    checkReady()
    const askedAtMs = Date.now()
    const session = await callStoreFor<ExpressSession | null>((callback) => store.get(sid, callback))
    if (session) return checkSession(session, askedAtMs)
    throw notFound()
  }

  return {
    name,

    async create(createOptions: CreateOptions): Promise<SessionId> {
      const { userId, dataJson, ttlMs } = checkCreateOptions(createOptions, { maxDataBytes })
      const id = mintSessionId()
      await save(id, newSession(userId, JSON.parse(dataJson), ttlMs))
      return id
    },

    async read(id: SessionId): Promise<SessionRecord> {
      return toRecord(id, await load(id))
    },

    async update(id: SessionId, dataJson: string): Promise<SessionId> {
      const data: unknown = JSON.parse(checkDataJson(dataJson, maxDataBytes))
      await save(id, withData(await load(id), data))
      return id
    },

    async touch(id: SessionId, ttlMs: number): Promise<SessionId> {
      const checked = checkTtlMs(ttlMs)
      const session = withLife(await load(id), checked)
      if (store.touch) await callStoreFor((callback) => store.touch?.(id, session, callback))
      else await save(id, session)
      return id
    },

    async delete(id: SessionId): Promise<void> {
      if (!isServerBackedId(id)) return
      checkReady()
      try {
        await callStoreFor((callback) => store.destroy(id, callback))
      } catch (error) {
        if (!isSessionError(error) || error.code !== 'NotFound') throw error
      }
    },

    async isHealthy(): Promise<boolean> {
      try {
        await load(mintSessionId())
        return true
      } catch (error) {
        return isSessionError(error) && error.code === 'NotFound'
      }
    },
  }
}
