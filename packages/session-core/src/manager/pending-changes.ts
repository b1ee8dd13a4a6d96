import type { SessionId, SessionRecord } from '../contract/plugin.js'
import type { SessionCookie } from './cookie.js'
import type { StoredEnvelope } from './stored-session.js'

/** A session as a request found it. */
export interface StoredSession {
  readonly record: SessionRecord
  readonly envelope: StoredEnvelope
  /** The data as it is stored, as JSON text. */
  readonly dataText: string
  /** The cookie that it came in. */
  readonly cookie: SessionCookie
}

/** A session that a request named, and that cannot be read: its data is refused, or its record is corrupt. */
export interface Refused {
  readonly id: SessionId
  readonly cookie: SessionCookie
}

/** What a request makes of its session, until the commit. */
export interface PendingChanges<Data extends object> {
  readonly opened: StoredSession | undefined
  /** What a sign-in or a sign-out ends, too. */
  readonly refused: readonly Refused[]
  /** The `Cookie` header of the request. */
  readonly header: string
  /** Whether the request brought a cookie of the guest's name. */
  readonly bringsGuest: boolean
  data: Data
  userId: string | undefined
  /** The JSON text at which there is nothing to store. */
  savedText: string
  /** `keep`: the opened session, or none. `end`: the opened one ends. The others: a fresh id takes its place. */
  next: 'keep' | 'signIn' | 'rotate' | 'end'
  graceMs: number
  isRemembered: boolean
  /** When the session that is to be stored began, or undefined if it begins with this request. */
  beganAtMs: number | undefined
  /** Whose sessions are to end, and whether this one is spared. */
  endAll: { readonly userId: string; readonly sparesThis: boolean } | undefined
}

/** The sessions that end when the draft is stored under a fresh id, or is not stored at all. */
export function endingOf<Data extends object>({ opened, refused, next }: PendingChanges<Data>): readonly Refused[] {
  const own = opened ? [{ id: opened.record.id, cookie: opened.cookie }] : []
  return next === 'signIn' || next === 'end' ? [...own, ...refused] : own
}

/**
 * When the session began, in milliseconds since 1970, on the store's clock; undefined if nothing tells. A store gives 0
 * as the creation time of a session that another program made, until the manager has moved it.
 */
export function beganAtMsOf({ record, envelope }: Pick<StoredSession, 'record' | 'envelope'>): number | undefined {
  if (envelope.beganAtMs !== 0) return envelope.beganAtMs
  return record.createdAtMs === 0 ? undefined : record.createdAtMs
}
