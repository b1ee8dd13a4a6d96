import { asSessionId, isSessionError } from '@bext/session-core'
import { isServerBackedId } from '@bext/session-core/store-helpers'
import { createLoadedSessions, type KnownSession } from './loaded-sessions.js'
import type { CheckedOptions } from './options.js'
import { expiryOf, parseSession, serializeSession, type HostSession, type LoadedData } from './stored-session.js'
import { callUserIdOf, checkSameUser } from './user-id.js'

/** A session as a save stores it. */
type SavedSession = Omit<KnownSession, 'isCreated'>

/** Calls of a store, with promises. A session that does not exist is no error: `load` then resolves to undefined. */
export interface Saves {
  load(sid: string): Promise<LoadedData | undefined>
  /** Records that the host built this session from the result of `load`. */
  adopt(sid: string, data: HostSession, session: HostSession): void
  save(sid: string, session: HostSession): Promise<void>
  touch(sid: string, session: HostSession): Promise<void>
  destroy(sid: string): Promise<void>
}

const badId =
  'The session id was not made by mintSessionId. Set genid: mintSessionId in the options of express-session, or idGenerator: mintSessionId in those of @fastify/session.'

const takenId =
  'A session has this id already, and it was not loaded through this store. Generate ids with mintSessionId only. To change a session, pass what get() returned to set().'

/** Throws a `TypeError` if the host generates ids that the store does not accept. */
export function checkGeneratedId(sid: unknown): void {
  if (!isServerBackedId(sid)) throw new TypeError(`expressStore: ${badId}`)
}

function isMissing(error: unknown): boolean {
  return isSessionError(error) && (error.code === 'NotFound' || error.reason === 'malformed')
}

/** Resolves to undefined if the session does not exist. */
async function unlessMissing<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call()
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** Creates the calls of a store. */
export function createSaves({ plugin, userIdOf, ttlMs: defaultTtlMs }: CheckedOptions): Saves {
  const sessions = createLoadedSessions()
  /** The last save in flight of each session. The saves of a session run one after the other. */
  const saving = new WeakMap<HostSession, Promise<void>>()
  /** The saves in flight of sessions that this process created, by their ids, so that a destroy waits for them. */
  const creating = new Map<string, Promise<void>>()
  /** Sessions whose create failed, so that they may exist. */
  const unsure = new WeakSet<HostSession>()

  const userOf = (session: HostSession): string | undefined => callUserIdOf(userIdOf, { ...session })

  /** Returns the session as it is now. A host may change it while a save waits. */
  function describe(sid: string, session: HostSession): SavedSession {
    const expiresAtMs = expiryOf(session)
    return { sid, dataJson: serializeSession(session), expiresAtMs, userId: userOf(session) }
  }

  function ttlOf(expiresAtMs: number | undefined): number {
    return expiresAtMs === undefined ? defaultTtlMs : Math.ceil(expiresAtMs - Date.now())
  }

  /** Sets the expiry that the cookie has. A session whose cookie has expired ends. */
  async function extend(sid: string, expiresAtMs: number | undefined): Promise<void> {
    const id = asSessionId(sid)
    const ttlMs = ttlOf(expiresAtMs)
    if (ttlMs > 0) await plugin.touch(id, ttlMs)
    else await plugin.delete(id)
  }

  async function create(session: HostSession, { sid, dataJson, expiresAtMs, userId }: SavedSession): Promise<void> {
    const ttlMs = ttlOf(expiresAtMs)
    if (ttlMs <= 0) return
    const id = asSessionId(sid)
    try {
      const { outcome } = await plugin.createWithId(id, { userId, dataJson, ttlMs })
      if (outcome === 'created') return
      if (!unsure.has(session)) throw new Error(`expressStore: ${takenId}`)
      await unlessMissing(() => plugin.update(id, dataJson))
    } catch (error) {
      if (isSessionError(error) && error.code === 'Backend') unsure.add(session)
      throw error
    }
  }

  async function update(before: KnownSession, { sid, dataJson, expiresAtMs, userId }: SavedSession): Promise<void> {
    checkSameUser(before.userId, userId)
    // Data that this request did not change may have been changed by another one since.
    if (dataJson !== before.dataJson) await plugin.update(asSessionId(sid), dataJson)
    if (expiresAtMs === undefined || expiresAtMs !== before.expiresAtMs) await extend(sid, expiresAtMs)
  }

  // @fastify/session stores the session in `regenerate`, before the app stores the user in it. No other request has the id
  // yet. A store cannot add a user to a session, so the session is created again.
  async function addUser(session: HostSession, now: SavedSession): Promise<void> {
    const id = asSessionId(now.sid)
    await plugin.read(id)
    await plugin.delete(id)
    await create(session, now)
  }

  async function saveNow(session: HostSession, now: SavedSession): Promise<void> {
    const before = sessions.find(now.sid, session)
    if (before === undefined) await create(session, now)
    else {
      const getsUser = before.isCreated && before.userId === undefined && now.userId !== undefined
      // A session that has ended meanwhile stays ended. That is no error: a save just before the end has the same result.
      await unlessMissing(() => (getsUser ? addUser(session, now) : update(before, now)))
    }
    sessions.add(session, { ...now, isCreated: before?.isCreated ?? true })
  }

  return {
    async load(sid) {
      const record = await unlessMissing(() => plugin.read(asSessionId(sid)))
      if (record === undefined) return undefined
      const data = parseSession(record)
      const { dataJson } = record
      sessions.mark(data, { sid, dataJson, expiresAtMs: expiryOf(data), userId: userOf(data), isCreated: false })
      return data
    },

    adopt(sid, data, session) {
      const known = sessions.find(sid, data)
      if (known) sessions.add(session, known)
    },

    async save(sid, session) {
      checkGeneratedId(sid)
      const now = describe(sid, session)
      const earlier = saving.get(session) ?? Promise.resolve()
      const saved = earlier.catch(() => {}).then(() => saveNow(session, now))
      saving.set(session, saved)
      if (sessions.find(sid, session)?.isCreated !== false) creating.set(sid, saved)
      try {
        await saved
      } finally {
        if (creating.get(sid) === saved) creating.delete(sid)
      }
    },

    async touch(sid, session) {
      await unlessMissing(() => extend(sid, expiryOf(session)))
    },

    async destroy(sid) {
      await creating.get(sid)?.catch(() => {})
      await plugin.delete(asSessionId(sid))
    },
  }
}
