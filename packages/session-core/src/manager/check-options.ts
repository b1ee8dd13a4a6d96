import type { CompareCapability } from '../contract/capabilities.js'
import { supportsCompare } from '../contract/capabilities.js'
import {
  checkPositiveInteger,
  checkTimerMs,
  describeType,
  rejectBareOption,
  rejectUnknownOptions,
} from '../store-helpers/option-checks.js'
import { sessionPluginMethods, type SessionPlugin } from '../contract/plugin.js'
import { createSessionCookies } from './cookie.js'
import { connectDevice } from './device-host.js'
import type { DeviceBinding } from './device.js'
import { createLifetimes } from './lifetimes.js'
import type { SessionContext } from './host.js'
import type { MaxSessionsPerUser, SessionManagerOptions } from './options.js'
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
  'watchIntervalMs',
  'maxSessionsPerUser',
  'schema',
  'migrateData',
  'onRejection',
  'device',
]

function missingMethods(store: object): string[] {
  return sessionPluginMethods.filter((method) => typeof Reflect.get(store, method) !== 'function')
}

function isStore(value: unknown): boolean {
  return typeof value === 'object' && value !== null && missingMethods(value).length === 0
}

function checkStore(store: SessionPlugin): void {
  if (typeof store !== 'object' || store === null) {
    throw new TypeError(`${factory}: option store must be a session store, but it is ${describeType(store)}.`)
  }
  const missing = missingMethods(store)
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

function checkMaxSessions(limit: MaxSessionsPerUser, store: SessionPlugin, users: UserSessions): void {
  rejectUnknownOptions(`${factory}: option maxSessionsPerUser`, limit, ['count', 'policy'])
  checkPositiveInteger(factory, 'maxSessionsPerUser.count', limit.count)
  checkOneOf('maxSessionsPerUser.policy', ['endOldest', 'reject'], limit.policy)
  if (users.supportsUserIndex) return
  throw new TypeError(
    `${factory}: option maxSessionsPerUser needs a store that lists sessions, and ${store.name} does not.`,
  )
}

function checkDevice(device: DeviceBinding): void {
  if (typeof (device as Partial<DeviceBinding> | null)?.connect === 'function') return
  const expected = 'the result of deviceBinding() of @bext/session-device'
  throw new TypeError(`${factory}: option device must be ${expected}, but it is ${describeType(device)}.`)
}

function checkConflict(onConflict: 'overwrite' | 'reject', store: SessionPlugin): CompareCapability | undefined {
  if (checkOneOf('onConflict', ['overwrite', 'reject'], onConflict) === 'overwrite') return undefined
  if (supportsCompare(store)) return store
  throw new TypeError(
    `${factory}: option onConflict 'reject' needs a store with updateIfUnchanged, and ${store.name} has none.`,
  )
}

/** Checks the options and creates what sessions need. Throws a `TypeError` for a wrong option. */
export function checkManagerOptions<Data extends object>(options: SessionManagerOptions<Data>): SessionContext<Data> {
  rejectBareOption(factory, 'store', isStore(options))
  rejectUnknownOptions(factory, options, known)
  const { store, initialData, cookie, cacheControl = 'no-store', onConflict = 'overwrite' } = options
  const { watchIntervalMs = 10_000, maxSessionsPerUser, schema, migrateData, onRejection, device } = options
  checkStore(store)
  checkFunction('initialData', initialData)
  if (migrateData !== undefined) checkFunction('migrateData', migrateData)
  if (onRejection !== undefined) checkFunction('onRejection', onRejection)
  if (schema !== undefined) checkSchema(schema)
  if (device !== undefined) checkDevice(device)
  const users = createUserSessions(store)
  if (maxSessionsPerUser !== undefined) checkMaxSessions(maxSessionsPerUser, store, users)
  const lifetimes = createLifetimes(options)
  const clock = createStoreClock(store)
  const cookies = createSessionCookies(cookie, device !== undefined)
  return {
    store,
    comparing: checkConflict(onConflict, store),
    users,
    initialData,
    lifetimes,
    clock,
    cookies,
    device: device && connectDevice({ store, lifetimes, clock, cookies }, device),
    cacheControl: checkOneOf('cacheControl', ['no-store', 'private'], cacheControl),
    watchIntervalMs: checkTimerMs(factory, 'watchIntervalMs', watchIntervalMs),
    maxSessionsPerUser,
    schema,
    migrateData,
    onRejection,
  }
}
