import type { SessionPlugin } from '@bext/session-core'
import type { Storage } from 'unstorage'
import type { Stored } from './key-value.js'
import { keyValueSessions } from './key-value.js'

/** Stores sessions in an unstorage. Drivers without a `ttl` keep expired sessions until they are deleted. */
export function unstorageSessions(storage: Storage): SessionPlugin {
  return keyValueSessions('unstorage', {
    get: (key) => storage.getItem<Stored>(key),
    // Drivers count in seconds. Rounded up, so that they remove no live session.
    set: (key, stored, ttlMs) => storage.setItem(key, stored, { ttl: Math.ceil(ttlMs / 1000) }),
    delete: (key) => storage.removeItem(key),
  })
}
