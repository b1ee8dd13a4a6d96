import type { SessionPlugin } from '@bext/session-core'
import type { Storage } from 'unstorage'
import type { Stored } from './key-value.js'
import { keyValueSessions } from './key-value.js'

/** Sessions in an unstorage. Drivers that know no `ttl` keep what has expired until it is deleted. */
export function unstorageSessions(storage: Storage): SessionPlugin {
  return keyValueSessions('unstorage', {
    get: (key) => storage.getItem<Stored>(key),
    // Drivers count in seconds; rounded up, so that they drop nothing that is alive.
    set: (key, stored, ttlMs) => storage.setItem(key, stored, { ttl: Math.ceil(ttlMs / 1000) }),
    delete: (key) => storage.removeItem(key),
  })
}
