import type { ExpressStore } from './protocol.js'

export interface Readiness {
  isConnected: boolean
}

// One pair of listeners for each store, even if it is bridged several times.
const known = new WeakMap<ExpressStore, Readiness>()

/** Tracks a store's connection: up until a `disconnect` event, and up again after a `connect` event. */
export function readinessOf(store: ExpressStore): Readiness {
  const found = known.get(store)
  if (found) return found
  const readiness: Readiness = { isConnected: true }
  known.set(store, readiness)
  store.on?.('disconnect', () => {
    readiness.isConnected = false
  })
  store.on?.('connect', () => {
    readiness.isConnected = true
  })
  return readiness
}
