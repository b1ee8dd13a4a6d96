import type { CompareCapability } from '../contract/capabilities.js'
import { supportsCompare } from '../contract/capabilities.js'
import {
  checkPositiveInteger,
  describeType,
  rejectBareOption,
  rejectUnknownOptions,
} from '../store-helpers/option-checks.js'
import type { SessionPlugin } from '../contract/plugin.js'
import { createSessionCookies } from './cookie.js'
import { createLifetimes } from './lifetimes.js'
import type { MaxSessionsPerUser, SessionContext, SessionManagerOptions } from './options.js'
import { createStoreClock } from './store-clock.js'
import type { UserSessions } from './user-sessions.js'
import { createUserSessions } from './user-sessions.js'

const factory = 'createSessionManager'
const known = [
  'store',
  'initialData',
  'idleTimeoutMs',
  'absoluteTimeoutMs',
  'touchIntervalMs',
  'remember',
  'cookie',
  'cacheControl',
  'onConflict',
  'maxSessionsPerUser',
  'schema',
  'migrateData',
  'onRejection',
]
const methods = ['create', 'read', 'update', 'touch', 'delete', 'isHealthy']

function lackingMethods(plugin: object): string[] {
  return methods.filter((method) => typeof Reflect.get(plugin, method) !== 'function')
}

function isPlugin(value: unknown): boolean {
  return typeof value === 'object' && value !== null && lackingMethods(value).length === 0
}

function checkPlugin(plugin: SessionPlugin): void {
  if (typeof plugin !== 'object' || plugin === null) {
    throw new TypeError(`${factory}: option store must be a session store, but it is ${describeType(plugin)}.`)
  }
  const missing = lackingMethods(plugin)
  if (missing.length > 0) {
    throw new TypeError(`${factory}: option store must be a session store, but it lacks ${missing.join(', ')}.`)
  }
}

function checkFunction(option: string, value: unknown): void {
  if (typeof value === 'function') return
  throw new TypeError(`${factory}: option ${option} must be a function, but it is ${describeType(value)}.`)
}

function checkOneOf<T extends string>(option: string, values: readonly T[], value: T): T {
  if (values.includes(value)) return value
  const expected = values.map((one) => `'${one}'`).join(' or ')
  throw new TypeError(`${factory}: option ${option} must be ${expected}, but it is ${describeType(value)}.`)
}

function checkSchema(schema: object): void {
  const standard: unknown = Reflect.get(Object(schema), '~standard')
  const isSchema = typeof standard === 'object' && standard !== null && Reflect.get(standard, 'version') === 1
  if (isSchema && typeof Reflect.get(standard, 'validate') === 'function') return
  throw new TypeError(`${factory}: option schema must follow Standard Schema v1, but it is ${describeType(schema)}.`)
}

function checkMaxSessions(limit: MaxSessionsPerUser, plugin: SessionPlugin, users: UserSessions): void {
  rejectUnknownOptions(`${factory}: option maxSessionsPerUser`, limit, ['count', 'policy'])
  checkPositiveInteger(factory, 'maxSessionsPerUser.count', limit.count)
  checkOneOf('maxSessionsPerUser.policy', ['endOldest', 'reject'], limit.policy)
  if (users.supportsUserIndex) return
  throw new TypeError(
    `${factory}: option maxSessionsPerUser needs a store that lists sessions, and ${plugin.name} cannot.`,
  )
}

function checkConflict(onConflict: 'overwrite' | 'reject', plugin: SessionPlugin): CompareCapability | undefined {
  if (checkOneOf('onConflict', ['overwrite', 'reject'], onConflict) === 'overwrite') return undefined
  if (supportsCompare(plugin)) return plugin
  throw new TypeError(
    `${factory}: option onConflict needs a store with updateIfUnchanged, and ${plugin.name} has none.`,
  )
}

/** Throws a `TypeError` for a wrong option. */
export function checkManagerOptions<Data extends object>(options: SessionManagerOptions<Data>): SessionContext<Data> {
  rejectBareOption(factory, 'store', isPlugin(options))
  rejectUnknownOptions(factory, options, known)
  const { store: plugin, initialData, cookie, cacheControl = 'no-store', onConflict = 'overwrite' } = options
  const { maxSessionsPerUser, schema, migrateData, onRejection } = options
  checkPlugin(plugin)
  checkFunction('initialData', initialData)
  if (migrateData !== undefined) checkFunction('migrateData', migrateData)
  if (onRejection !== undefined) checkFunction('onRejection', onRejection)
  if (schema !== undefined) checkSchema(schema)
  const users = createUserSessions(plugin)
  if (maxSessionsPerUser !== undefined) checkMaxSessions(maxSessionsPerUser, plugin, users)
  return {
    plugin,
    comparing: checkConflict(onConflict, plugin),
    users,
    initialData,
    lifetimes: createLifetimes(options),
    clock: createStoreClock(plugin),
    cookies: createSessionCookies(cookie),
    cacheControl: checkOneOf('cacheControl', ['no-store', 'private'], cacheControl),
    maxSessionsPerUser,
    schema,
    migrateData,
    onRejection,
  }
}
