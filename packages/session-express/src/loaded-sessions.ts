import type { HostSession, LoadedData } from './stored-session.js'

// The protocol does not say whether `set` creates a session or updates one, so a store must know which sessions it
// has loaded. A host copies the result of `get` into another object:
//
// - express-session calls `createSession`, which adds the new session here.
// - @fastify/session copies the fields of the cookie into options that its session keeps under a symbol.
// - Other callers pass what `get` returned to `set`, or a spread copy of it.
//
// So `get` marks its result, and the cookie in it, with a symbol. The value of the symbol is an empty object that
// identifies the load. JSON and `for … in` skip symbols, so the app and the stored data do not contain the mark.

const loadMark = Symbol('@bext/session-express')

/** Properties of a session that exists in the store. */
export interface KnownSession {
  readonly sid: string
  /** The text that was loaded or saved last. */
  readonly dataJson: string
  /** The expiry of its cookie then, in milliseconds; `undefined` if it has none. */
  readonly expiresAtMs: number | undefined
  /** The user in its data then. */
  readonly userId: string | undefined
  /** True if the request created the session, and did not load it. */
  readonly isCreated: boolean
}

/** The sessions of this process that exist in the store, by the objects that the host has for them. */
export interface LoadedSessions {
  /** Marks what `get` returns. */
  mark(data: LoadedData, known: KnownSession): void
  /** Returns what is known of the session with this id; `undefined` if the host generated it and did not save it. */
  find(sid: string, session: HostSession): KnownSession | undefined
  /** Adds a session of the host, or replaces what is known of it. */
  add(session: HostSession, known: KnownSession): void
}

function markOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, loadMark) : undefined
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** Creates an empty collection. It does not keep a session in memory after the host has dropped it. */
export function createLoadedSessions(): LoadedSessions {
  const known = new WeakMap<object, KnownSession>()

  return {
    mark(data, session) {
      const load = {}
      known.set(load, session)
      Object.assign(data, { [loadMark]: load })
      Object.assign(data.cookie, { [loadMark]: load })
    },

    find(sid, session) {
      const kept = Object.getOwnPropertySymbols(session).map((symbol): unknown => Reflect.get(session, symbol))
      // The id is compared, because a host may copy a session, with its marks, to one with a new id.
      return [session, markOf(session), ...kept.map(markOf)]
        .filter(isObject)
        .map((object) => known.get(object))
        .find((found) => found?.sid === sid)
    },

    add(session, knownSession) {
      known.set(session, knownSession)
    },
  }
}
