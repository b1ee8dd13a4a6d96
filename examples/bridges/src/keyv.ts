import type { SessionPlugin } from '@bext/session-core'
import type { Keyv } from 'keyv'
import type { Stored } from './key-value.js'
import { keyValueSessions } from './key-value.js'

/**
 * Sessions in a Keyv, which must be made with `throwOnErrors: true`: without it, a backend that is down answers like
 * one that has no such key, and visitors are logged out (contract E4).
 */
export function keyvSessions(keyv: Keyv): SessionPlugin {
  if (!keyv.throwOnErrors) throw new TypeError('keyvSessions: option throwOnErrors of the Keyv must be true.')
  return keyValueSessions('keyv', {
    get: (key) => keyv.get<Stored>(key),
    set: (key, stored, ttlMs) => keyv.set(key, stored, ttlMs),
    delete: (key) => keyv.delete(key),
  })
}
