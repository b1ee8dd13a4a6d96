import { describeType } from '@bext/session-core/store-helpers'

/** Returns the user of a session's data, or undefined for an anonymous session. */
export type UserIdOf = (session: Readonly<Record<string, unknown>>) => string | undefined

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, field) : undefined
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : undefined
}

/** Returns the user that passport stored: a string or a number, or the field `id` of an object. */
export const passportUserId: UserIdOf = ({ passport }) => {
  const user = fieldOf(passport, 'user')
  return textOf(user) ?? textOf(fieldOf(user, 'id'))
}

/** Returns the result of `userIdOf`. Throws a `TypeError` if it is neither a string nor undefined. */
export function callUserIdOf(userIdOf: UserIdOf, session: Readonly<Record<string, unknown>>): string | undefined {
  const userId: unknown = userIdOf(session)
  if (userId === undefined || typeof userId === 'string') return userId
  throw new TypeError(
    `expressStore: option userIdOf must return a string or undefined, but it returned ${describeType(userId)}.`,
  )
}

/**
 * Throws if a request changed the user of a session that exists already. A request may remove the user, as passport does
 * to sign out. The session is then still listed for that user until it ends.
 */
export function checkSameUser(before: string | undefined, now: string | undefined): void {
  if (now === undefined || now === before) return
  throw new Error(
    'The user of a session that exists already was changed. Call req.session.regenerate() before you store the user, as passport does since 0.6, so that the session gets a new id at sign-in.',
  )
}
