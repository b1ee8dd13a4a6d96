import { randomBytes } from 'node:crypto'
import { supportsCompare, supportsGivenId, type SessionPlugin } from '@bext/session-core'
import { createSessionManager, type LifetimeOptions, type SessionManager } from '@bext/session-core/manager'
import { deviceBinding } from '@bext/session-device'
import { initialData, type SessionData } from './session-data.js'

export type Sessions = SessionManager<SessionData>

/** Time within which the socket of an ended session closes. */
export const watchIntervalMs = 2000

/** Returns true if sessions are bound to devices: browsers do so only over HTTPS, and a sealed cookie cannot be bound. */
export function canBindSessions(store: SessionPlugin, url: string): boolean {
  return url.startsWith('https://') && supportsCompare(store) && supportsGivenId(store)
}

/** Creates the sessions of the app at that URL. */
export function createSessions(store: SessionPlugin, url: string, lifetimes: LifetimeOptions): Sessions {
  const secrets = [{ id: 'demo', secret: randomBytes(32) }]
  return createSessionManager<SessionData>({
    ...lifetimes,
    store,
    initialData,
    watchIntervalMs,
    // A request that read the data before a change of the role must not write the old role back.
    onConflict: supportsCompare(store) ? 'reject' : 'overwrite',
    device: canBindSessions(store, url) ? deviceBinding({ secrets, origins: [url] }) : undefined,
  })
}
