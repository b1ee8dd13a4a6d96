import type { SessionRecord } from '../plugin.js'
import type { SessionCookie } from './cookie.js'
import type { Envelope } from './envelope.js'
import type { Beginning } from './lifetimes.js'

/** A session as a request found it. */
export interface Opened {
  readonly record: SessionRecord
  readonly envelope: Envelope
  /** The data as it is stored, as JSON text. */
  readonly dataText: string
  /** The cookie that it came in. */
  readonly cookie: SessionCookie
}

/** What a request makes of its session, until the commit. */
export interface Draft<Data extends object> {
  readonly opened: Opened | undefined
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

type Found = Pick<Opened, 'record' | 'envelope'>

export function beganAtMsOf({ record, envelope }: Found): number {
  return envelope.beganAtMs === 0 ? record.createdAtMs : envelope.beganAtMs
}

export function beginningOf(opened: Found): Beginning {
  return { beganAtMs: beganAtMsOf(opened), isRemembered: opened.envelope.isRemembered }
}
