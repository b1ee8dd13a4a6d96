import type { SessionPlugin } from '@bext/session-core'
import type { Keyv } from 'keyv'
import type { Stored } from './key-value.js'
import { keyValueSessions } from './key-value.js'

/**
 * Stores sessions in a Keyv. Throws a `TypeError` unless it was made with `throwOnErrors: true`: without that, a backend that
 * is down looks like one without the session, and visitors are signed out (contract E4).
 */
export function keyvSessions(keyv: Keyv): SessionPlugin {
  if (!keyv.throwOnErrors) throw new TypeError('keyvSessions: option throwOnErrors of the Keyv must be true.')
  return keyValueSessions('keyv', {
    get: (key) => keyv.get<Stored>(key),
    set: (key, stored, ttlMs) => keyv.set(key, stored, ttlMs),
    delete: (key) => keyv.delete(key),
  })
}
