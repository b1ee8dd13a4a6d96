import type { SessionContext } from './host.js'
import { loadFromCookies, loadingOf } from './open.js'
import { readOnly } from './read-only.js'
import { familyIdOf, handleOf } from './session-names.js'
import { authenticatedAtMsOf, beganAtMsOf } from './stored-session.js'
import type { SessionWatch, SessionWatcher } from './watch-sessions.js'

/** A session as it was stored at one moment, for a socket or a stream. Nothing of it can be changed. */
export interface SessionSnapshot<Data extends object> {
  readonly data: Data
  /** Id of the signed-in user, or undefined for a guest. */
  readonly userId: string | undefined
  /** Public names of the session, as in `Session`. */
  readonly handle: string
  readonly familyId: string
  /** Times, as in `Session`. */
  readonly authenticatedAtMs: number | undefined
  readonly expiresAtMs: number
  readonly absoluteExpiresAtMs: number | undefined
  /**
   * Watches the session: its signal aborts within `watchIntervalMs` after the session has ended, was rotated, or has
   * another user. Stop it when the socket is closed.
   */
  watch(): SessionWatch
}

/** Resolves to the live session of a `Cookie` header, or undefined if there is none. Does not extend it. */
export async function readSession<Data extends object>(
  context: SessionContext<Data>,
  watcher: SessionWatcher,
  cookieHeader: string | null | undefined,
): Promise<SessionSnapshot<Data> | undefined> {
  const cookies = context.cookies.read(cookieHeader ?? '')
  const loaded = await loadFromCookies(context, cookies, loadingOf(cookies))
  if (!loaded) return undefined
  const { stored, data } = loaded
  const { record, envelope } = stored
  const handle = handleOf(record.id)
  const beganAtMs = beganAtMsOf(stored)
  const { isRemembered } = envelope
  return {
    data: readOnly(data),
    userId: record.userId,
    handle,
    familyId: familyIdOf(handle, envelope),
    authenticatedAtMs: authenticatedAtMsOf(stored),
    expiresAtMs: record.expiresAtMs,
    absoluteExpiresAtMs:
      beganAtMs === undefined ? undefined : context.lifetimes.absoluteExpiresAtMs({ beganAtMs, isRemembered }),
    watch: () => watcher.watch(record),
  }
}
