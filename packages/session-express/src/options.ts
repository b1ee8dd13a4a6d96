import { supportsGivenId, type GivenIdCapability, type SessionPlugin } from '@bext/session-core'
import { checkPositiveInteger, describeType, maxTtlMs, rejectUnknownOptions } from '@bext/session-core/store-helpers'
import { passportUserId, type UserIdOf } from './user-id.js'

export interface ExpressStoreOptions {
  /**
   * Function that returns the user of a session, under whom the store lists the session, for example for
   * `endUserSessions`. Default: the user of passport, `session.passport.user`, if it is a string or a number, or its
   * field `id` if it is an object.
   */
  readonly userIdOf?: UserIdOf | undefined
  /** Lifetime of a session whose cookie has no `maxAge` and no `expires`, in milliseconds. Default: one day. */
  readonly ttlMs?: number | undefined
}

/** A store that can create sessions under given ids. */
export type GivenIdPlugin = SessionPlugin & GivenIdCapability

export interface CheckedOptions {
  readonly plugin: GivenIdPlugin
  readonly userIdOf: UserIdOf
  readonly ttlMs: number
}

const dayMs = 24 * 60 * 60 * 1000

/** Returns the options with their defaults. Throws a `TypeError` for a wrong one. */
export function checkOptions(plugin: SessionPlugin, options: ExpressStoreOptions): CheckedOptions {
  const given: unknown = plugin
  if (typeof given !== 'object' || given === null || typeof Reflect.get(given, 'read') !== 'function') {
    throw new TypeError(
      `expressStore: expected a store such as redisSessions({ client }), but it is ${describeType(given)}.`,
    )
  }
  if (!supportsGivenId(plugin)) {
    throw new TypeError(
      `expressStore: the store ${plugin.name} has no createWithId. Use memorySessions, redisSessions, pgSessions, sqliteSessions, or another server-backed store that has it.`,
    )
  }
  rejectUnknownOptions('expressStore', options, ['userIdOf', 'ttlMs'])
  const { userIdOf = passportUserId, ttlMs = dayMs } = options
  if (typeof userIdOf !== 'function') {
    throw new TypeError(`expressStore: option userIdOf must be a function, but it is ${describeType(userIdOf)}.`)
  }
  checkPositiveInteger('expressStore', 'ttlMs', ttlMs)
  if (ttlMs > maxTtlMs) throw new TypeError(`expressStore: option ttlMs must be at most ${maxTtlMs}.`)
  return { plugin, userIdOf, ttlMs }
}
