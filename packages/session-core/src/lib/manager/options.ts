import { describeType, rejectUnknownOptions } from '../check-option.js'
import type { SessionPlugin } from '../plugin.js'
import type { SessionCookie, SessionCookieOptions } from './cookie.js'
import { createSessionCookie } from './cookie.js'
import type { LifetimeOptions, Lifetimes } from './lifetimes.js'
import { createLifetimes } from './lifetimes.js'

export interface SessionManagerOptions<Data extends object> extends LifetimeOptions {
  /** The store: any implementation of the contract. */
  readonly plugin: SessionPlugin
  /** Makes the data that a session begins with. A visitor whose data stays so costs no record and no cookie. */
  readonly initialData: () => Data
  readonly cookie?: SessionCookieOptions | undefined
}

/** The options as sessions use them. */
export interface SessionContext<Data extends object> {
  readonly plugin: SessionPlugin
  readonly initialData: () => Data
  readonly lifetimes: Lifetimes
  readonly cookie: SessionCookie
}

const factory = 'createSessionManager'
const known = ['plugin', 'initialData', 'ttlMs', 'absoluteTtlMs', 'touchAfterMs', 'cookie']
const methods = ['create', 'read', 'update', 'touch', 'delete', 'isHealthy']

function checkPlugin(plugin: SessionPlugin): void {
  if (typeof plugin !== 'object' || plugin === null) {
    throw new TypeError(`${factory}: option plugin must be a session store, but it is ${describeType(plugin)}.`)
  }
  const missing = methods.filter((method) => typeof Reflect.get(plugin, method) !== 'function')
  if (missing.length > 0) {
    throw new TypeError(`${factory}: option plugin must be a session store, but it lacks ${missing.join(', ')}.`)
  }
}

/** Throws a `TypeError` for a wrong option. */
export function checkManagerOptions<Data extends object>(options: SessionManagerOptions<Data>): SessionContext<Data> {
  rejectUnknownOptions(factory, options, known)
  const { plugin, initialData, cookie } = options
  checkPlugin(plugin)
  if (typeof initialData !== 'function') {
    throw new TypeError(`${factory}: option initialData must be a function, but it is ${describeType(initialData)}.`)
  }
  return { plugin, initialData, lifetimes: createLifetimes(options), cookie: createSessionCookie(cookie) }
}
