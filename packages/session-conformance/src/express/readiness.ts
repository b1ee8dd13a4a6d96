import type { ExpressStore } from './protocol.js'

export interface Readiness {
  isConnected: boolean
}

// One pair of listeners for a store, however often it is bridged.
const known = new WeakMap<ExpressStore, Readiness>()

/** What a store says of its connection: it is there until a `disconnect` event, and again from a `connect` event on. */
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
