import type { SessionPlugin } from '@bext/session-core'
import session, { type SessionData, type Store } from 'express-session'
import { callBack } from './callbacks.js'
import { checkOptions, type ExpressStoreOptions } from './options.js'
import { checkGeneratedId, createSaves, type Saves } from './saves.js'

type Done = (error?: unknown) => void

/**
 * A store for express-session and @fastify/session. It has no `all`, `length` and `clear`: the backend keeps hashes of
 * ids, and may hold other sessions. List and end sessions by their users instead.
 */
export interface ExpressStore extends Store {
  /** Calls back with the session, or with null if it does not exist, has expired, or has an id of another store. */
  get(sid: string, callback: (error: unknown, session?: SessionData | null) => void): void
  /**
   * Creates a session that the host generated, and updates one that it loaded. A session that has ended meanwhile stays
   * ended, which is no error. Calls back with an error if the id was not made by `mintSessionId`, if another session has
   * it, or if the user of an existing session changed.
   */
  set(sid: string, session: SessionData, callback?: Done): void
  /** Sets the expiry that the cookie has. A session that has ended stays ended, which is no error. */
  touch(sid: string, session: SessionData, callback?: Done): void
  /** Ends the session. No save that comes later brings it back. */
  destroy(sid: string, callback?: Done): void
}

/** Function that express-session assigns to the store: it gives a request a new session. */
type Generate = (request: { readonly sessionID?: unknown }) => void

type CreateSession = Store['createSession']

class SessionStore extends session.Store implements ExpressStore {
  readonly #saves: Saves

  constructor(saves: Saves) {
    super()
    this.#saves = saves
    let generate: Generate | undefined
    // express-session assigns this function. A wrong `genid` is an error before the response begins, not after it.
    Object.defineProperty(this, 'generate', {
      get: () => generate,
      set(assigned: Generate) {
        generate = (request) => {
          assigned(request)
          checkGeneratedId(request.sessionID)
        }
      },
      enumerable: true,
    })
  }

  override get(sid: string, callback: (error: unknown, session?: SessionData | null) => void): void {
    callBack(
      async () => (await this.#saves.load(sid)) ?? null,
      (error, data) => callback(error, data as SessionData | null | undefined),
    )
  }

  override set(sid: string, data: SessionData, callback?: Done): void {
    callBack(() => this.#saves.save(sid, data), callback)
  }

  override touch(sid: string, data: SessionData, callback?: Done): void {
    callBack(() => this.#saves.touch(sid, data), callback)
  }

  override destroy(sid: string, callback?: Done): void {
    callBack(() => this.#saves.destroy(sid), callback)
  }

  override createSession(...[request, data]: Parameters<CreateSession>): ReturnType<CreateSession> {
    const created = super.createSession(request, data)
    this.#saves.adopt(created.id, data, created)
    return created
  }
}

/**
 * Creates a store for express-session or @fastify/session from a server-backed store, such as `redisSessions({ client
 * })`. Set `genid: mintSessionId` (`idGenerator` in @fastify/session). Throws a `TypeError` for a wrong option.
 */
export function expressStore(plugin: SessionPlugin, options: ExpressStoreOptions = {}): ExpressStore {
  return new SessionStore(createSaves(checkOptions(plugin, options)))
}
