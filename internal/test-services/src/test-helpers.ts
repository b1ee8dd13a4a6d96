import {
  isSessionError,
  supportsCompare,
  supportsGivenId,
  supportsSweep,
  supportsUserIndex,
  supportsUserRecords,
  type SessionError,
  type SessionId,
  type SessionPlugin,
} from '@bext/session-core'
import { expect } from 'vitest'

export { cookieOf, testRejectedData } from './rejected-data.js'

/** Returns the `SessionError` that the call rejects with. Throws if the call resolves or rejects with anything else (E1). */
export async function rejectionOf(call: Promise<unknown>): Promise<SessionError> {
  try {
    await call
  } catch (error) {
    if (isSessionError(error)) return error
    throw error
  }
  throw new Error('Expected the call to reject with a SessionError, but it resolved.')
}

/** Returns the `SessionError` of each call, in their order. Throws as `rejectionOf` does. */
export function rejectionsOf(calls: readonly Promise<unknown>[]): Promise<SessionError[]> {
  return Promise.all(calls.map(rejectionOf))
}

/** Checks that every method of a closed store, also of its capabilities, rejects with `closed`. */
export async function expectClosed(store: SessionPlugin, id: SessionId): Promise<void> {
  const calls: Promise<unknown>[] = [
    store.create({ dataJson: '{}', ttlMs: 1000 }),
    store.read(id),
    store.update(id, '{}'),
    store.touch(id, 1000),
    store.delete(id),
  ]
  if (supportsCompare(store)) calls.push(store.updateIfUnchanged(id, '{}', '{}'))
  if (supportsGivenId(store)) calls.push(store.createWithId(id, { dataJson: '{}', ttlMs: 1000 }))
  if (supportsUserIndex(store)) {
    calls.push(store.listUserSessions('ann'), store.endUserSession('ann', 'A'.repeat(43)), store.endUserSessions('ann'))
  }
  if (supportsUserRecords(store)) {
    calls.push(store.listUserRecords('ann'), store.updateUserRecord('ann', 'A'.repeat(43), '{}', '{}'))
  }
  if (supportsSweep(store)) calls.push(store.sweep())
  for (const error of await rejectionsOf(calls)) expect(error).toMatchObject({ code: 'Backend', reason: 'closed' })
  expect(await store.isHealthy()).toBe(false)
}

/** Returns the server's URL with the host and port of the endpoint, or unchanged without an endpoint. */
export function urlThrough(
  url: string,
  endpoint: { readonly host: string; readonly port: number } | undefined,
): string {
  const through = new URL(url)
  if (endpoint !== undefined) through.host = `${endpoint.host}:${endpoint.port}`
  return through.href
}
