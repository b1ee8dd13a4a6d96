import type { ProtocolLimit } from '../runner/harness.js'

/** The cookie that express-session stores with the data of a session. Stores read the expiry from it. */
export interface ExpressCookie {
  /** The ttl that the session was last given, in milliseconds. */
  originalMaxAge: number | null
  expires?: Date | null | undefined
  /** The remaining lifetime, in milliseconds. */
  maxAge?: number | undefined
  httpOnly?: boolean | undefined
  path?: string | undefined
}

/** A session as express-session passes it to stores: the data, and a cookie. */
export interface ExpressSession {
  cookie: ExpressCookie
}

export type ExpressCallback<T = unknown> = (error?: unknown, value?: T) => void

/** The part of an express-session store that the bridge calls. */
export interface ExpressStore {
  get(sid: string, callback: ExpressCallback<ExpressSession | null>): unknown
  set(sid: string, session: ExpressSession, callback: ExpressCallback): unknown
  destroy(sid: string, callback: ExpressCallback): unknown
  touch?(sid: string, session: ExpressSession, callback: ExpressCallback): unknown
  /** Stores are event emitters. They may emit `disconnect` and `connect`. */
  on?(event: 'connect' | 'disconnect', listener: () => void): unknown
}

/**
 * Cases that no store can pass behind the express-session protocol, each with the reason. A bridged store with a server
 * fails them. They still count as failures, so it never earns `server/core`.
 */
export const expressProtocolLimits: readonly ProtocolLimit[] = [
  {
    cases: ['C5-one-clock', 'C5-one-clock-reads'],
    reason: 'The host computes by its own clock when a session ends; the store is given a date.',
  },
  {
    cases: ['T4-one-round-trip'],
    reason: 'touch() does not say whether there was a session: get() has to be asked first.',
  },
]
