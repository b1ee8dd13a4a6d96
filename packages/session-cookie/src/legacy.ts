import type { Session } from './payload.js'

/** A session that an older cookie held. The serial has to tell it apart from every other one. */
export interface LegacySession extends Session {
  readonly serial: string
}

/**
 * Opens a cookie that is no id of this store. Resolves to `undefined` if it is none of the older ones either; rejects
 * with a `SessionError` for one that was altered or has expired.
 */
export type OpenLegacy = (cookie: string) => Promise<LegacySession | undefined>
