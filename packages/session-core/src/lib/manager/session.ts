import { describeType } from '../check-option.js'
import { isSessionError, SessionError } from '../error.js'
import type { SessionRecord } from '../plugin.js'
import { fromDataJson, isSameData, toDataJson } from './data.js'
import type { SessionContext } from './options.js'

/**
 * A visitor's session during one request. Nothing is stored before `commit`; after it, any use throws. Its id stays
 * inside, so that no code can keep, log or compare it.
 */
export interface Session<Data extends object> {
  /** Kept as JSON: read it, change it, or assign it. What `commit` finds here is what is stored. */
  data: Data
  /** Who is signed in, or undefined. */
  readonly userId: string | undefined
  /** When the session was created, in milliseconds since 1970; undefined if it is not stored yet. */
  readonly createdAtMs: number | undefined
  /** When the session ends if no further request comes, in milliseconds since 1970; undefined if not stored yet. */
  readonly expiresAtMs: number | undefined
  /**
   * Has `commit` put a new session with a fresh id in place of this one, which ends at once. Data is carried over,
   * unless it is another user's: then it begins anew. Throws `Invalid` for a user id that is not a string or is empty.
   */
  signIn(userId: string): void
  /** Has `commit` end the session and clear its cookie. Data begins anew; changed then, it is a new session. */
  signOut(): void
  /**
   * Stores what changed, and resolves to the `Set-Cookie` values to send, of which there may be none. Rejects with
   * `NotFound` if the session that it was to change was ended meanwhile (it does not come back), `Invalid` for data
   * that cannot be kept, and `Backend` as the store does. Then there is no cookie to send: where a sign-in or sign-out
   * cannot end the old session, the visitor keeps it, and your error page says so.
   */
  commit(): Promise<readonly string[]>
}

/** The session of a stored record, or a new one that is not stored yet. */
export function createSession<Data extends object>(
  { plugin, initialData, lifetimes, cookie }: SessionContext<Data>,
  opened: SessionRecord | undefined,
): Session<Data> {
  let stored = opened
  let userId = opened?.userId
  let data = opened === undefined ? initialData() : (fromDataJson(opened.dataJson) as Data)
  let savedJson = opened === undefined ? toDataJson(data) : opened.dataJson
  let isSignIn = false
  let isClosed = false

  function assertOpen(): void {
    if (isClosed) throw new Error('The session is closed, because it was committed: open one for each request.')
  }

  function beginAnew(): void {
    data = initialData()
    savedJson = toDataJson(data)
  }

  async function commitStored(record: SessionRecord, changedJson: string | undefined): Promise<readonly string[]> {
    const ttlMs = lifetimes.dueTouchTtlMs(record)
    let { id } = record
    if (changedJson !== undefined) id = await plugin.update(id, changedJson)
    if (ttlMs !== undefined) {
      try {
        id = await plugin.touch(id, ttlMs)
      } catch (error) {
        // Nothing was to be changed, so nothing is lost: as if this request had come a moment earlier.
        if (changedJson === undefined && isSessionError(error) && error.code === 'NotFound') return []
        throw error
      }
    }
    if (id === record.id && ttlMs === undefined) return []
    return [cookie.write(id, ttlMs ?? record.expiresAtMs - Date.now())]
  }

  async function commitNew(dataJson: string): Promise<readonly string[]> {
    const { ttlMs } = lifetimes
    const setCookie = cookie.write(await plugin.create({ userId, dataJson, ttlMs }), ttlMs)
    if (opened) await plugin.delete(opened.id)
    return [setCookie]
  }

  return {
    get data(): Data {
      assertOpen()
      return data
    },
    set data(value: Data) {
      assertOpen()
      data = value
    },
    get userId(): string | undefined {
      assertOpen()
      return userId
    },
    get createdAtMs(): number | undefined {
      assertOpen()
      return stored?.createdAtMs
    },
    get expiresAtMs(): number | undefined {
      assertOpen()
      return stored?.expiresAtMs
    },

    signIn(newUserId: string): void {
      assertOpen()
      if (typeof newUserId !== 'string' || newUserId === '') {
        const given = newUserId === '' ? 'empty' : describeType(newUserId)
        throw new SessionError('bad_argument', `signIn needs the user's id, a string, but it is ${given}.`)
      }
      if (userId !== undefined && userId !== newUserId) beginAnew()
      stored = undefined
      userId = newUserId
      isSignIn = true
    },

    signOut(): void {
      assertOpen()
      beginAnew()
      stored = undefined
      userId = undefined
      isSignIn = false
    },

    async commit(): Promise<readonly string[]> {
      assertOpen()
      isClosed = true
      const json = toDataJson(data)
      const isChanged = !isSameData(savedJson, json)
      if (stored) return commitStored(stored, isChanged ? json : undefined)
      if (isSignIn || isChanged) return commitNew(json)
      if (!opened) return []
      await plugin.delete(opened.id)
      return [cookie.clear()]
    },
  }
}
