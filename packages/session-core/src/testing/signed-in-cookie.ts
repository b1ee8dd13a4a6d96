import type { SetCookie } from 'cookie'
import { parseSetCookie } from 'cookie'
import type { SessionManager } from '../manager/session-manager.js'

/** Stores a session of the user, and resolves to its cookie. */
export async function signIn<Data extends object>(
  sessions: SessionManager<Data>,
  userId: string,
  data: Partial<Data>,
): Promise<SetCookie> {
  const session = await sessions.open(null)
  Object.assign(session.data, data)
  session.signIn(userId)
  const [setCookie = ''] = await session.commit()
  return parseSetCookie(setCookie, { decode: (value) => value })
}

/**
 * Stores a session of the user, for tests. Resolves to the `Cookie` header that opens it, such as
 * `__Host-session=TOKEN`. The properties of `data` replace those of `initialData`. Rejects as a sign-in does: with `Invalid`
 * if `userId` is empty or not a string, with `Backend` if the store fails.
 */
export async function signedInCookie<Data extends object>(
  sessions: SessionManager<Data>,
  userId: string,
  data: Partial<Data> = {},
): Promise<string> {
  const { name, value } = await signIn(sessions, userId, data)
  return `${name}=${value}`
}
