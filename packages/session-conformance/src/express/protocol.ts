/** What express-session puts beside the data of a session. Stores learn from it when the session ends. */
export interface ExpressCookie {
  /** The life that the session was given last, in milliseconds. */
  originalMaxAge: number | null
  expires?: Date | null | undefined
  /** What is left of its life, in milliseconds. */
  maxAge?: number | undefined
  httpOnly?: boolean | undefined
  path?: string | undefined
}

/** A session as stores of express-session get it: data beside a cookie. */
export interface ExpressSession {
  cookie: ExpressCookie
}

export type ExpressCallback<T = unknown> = (error?: unknown, value?: T) => void

/** A store of express-session, as far as a bridge calls it. */
export interface ExpressStore {
  get(sid: string, callback: ExpressCallback<ExpressSession | null>): unknown
  set(sid: string, session: ExpressSession, callback: ExpressCallback): unknown
  destroy(sid: string, callback: ExpressCallback): unknown
  touch?(sid: string, session: ExpressSession, callback: ExpressCallback): unknown
  /** Stores are event emitters, and may tell that they have lost and found their backend. */
  on?(event: 'connect' | 'disconnect', listener: () => void): unknown
}
