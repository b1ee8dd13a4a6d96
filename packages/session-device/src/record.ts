import type { CompareCapability, GivenIdCapability, SessionId, SessionPlugin } from '@bext/session-core'
import { asSessionId, isSessionError, SessionError } from '@bext/session-core'
import { deviceRecordMark } from '@bext/session-core/manager'
import { hashSessionId, maxTtlMs } from '@bext/session-core/store-helpers'
import type { PublicKey } from './proof.js'

/** Store that can hold bindings beside the sessions. */
export type BindingStore = SessionPlugin & CompareCapability & GivenIdCapability

/** Key of a session, and the state of its challenges. */
export interface Binding extends PublicKey {
  /** Time of the registration, in milliseconds since 1970 on the store's clock. */
  readonly registeredAtMs: number
  /** Time at which the last accepted challenge was issued. Only later ones are accepted. */
  readonly challengedAtMs: number
  /** `moved`: a rotation copied it to another id. `revoked`: the session ended while it was registered. */
  readonly state: 'current' | 'moved' | 'revoked'
}

/** A binding as it was read. */
export interface StoredBinding extends Binding {
  /** The record's text, for a comparison. */
  readonly dataJson: string
  readonly expiresAtMs: number
}

// Longer than the differences between clocks, and than a session that is just being extended.
const marginMs = 3_600_000
const version = 1

/**
 * Returns the id of a binding's record. It has the form of a minted id, and can be computed from the session's handle: the
 * manager opens no session with it.
 */
function recordIdOf(handle: string): SessionId {
  return asSessionId(hashSessionId(`@bext/session-device v1 ${handle}`))
}

/** Returns the time to live of a binding whose session reaches its absolute timeout in `restMs`. */
export function bindingTtlMs(restMs: number): number {
  return Math.min(Math.ceil(restMs) + marginMs, maxTtlMs)
}

/** Returns the text of a record. */
export function textOf({ alg, jwk, thumbprint, registeredAtMs, challengedAtMs, state }: Binding): string {
  return JSON.stringify([deviceRecordMark, version, { alg, jwk, thumbprint, registeredAtMs, challengedAtMs, state }])
}

function decode(dataJson: string): Binding {
  const [mark, storedVersion, binding] = JSON.parse(dataJson) as [unknown, unknown, Binding]
  if (mark === deviceRecordMark && storedVersion === version) return binding
  // Never unbound: nobody knows which key it is.
  throw new SessionError('corrupt', 'The record of a device binding was stored by an unknown version.')
}

/** Resolves to undefined if the store rejects with `NotFound`. */
async function unlessGone<T>(result: Promise<T>): Promise<T | undefined> {
  try {
    return await result
  } catch (error) {
    if (isSessionError(error) && error.code === 'NotFound') return undefined
    throw error
  }
}

/** Resolves to the binding of a session, or undefined if it has none. The read starts in the tick of the call. */
export async function readBinding(store: BindingStore, handle: string): Promise<StoredBinding | undefined> {
  const record = await unlessGone(store.read(recordIdOf(handle)))
  if (!record) return undefined
  const { dataJson, expiresAtMs } = record
  const binding = decode(dataJson)
  return binding.state === 'revoked' ? undefined : { ...binding, dataJson, expiresAtMs }
}

/** Stores a binding. Resolves to false if the session has one already. */
export async function createBinding(
  store: BindingStore,
  handle: string,
  binding: Binding,
  ttlMs: number,
): Promise<boolean> {
  const { outcome } = await store.createWithId(recordIdOf(handle), { dataJson: textOf(binding), ttlMs })
  return outcome === 'created'
}

/** Replaces a binding if it is as it was read. Resolves to what it is now if it is not: `changed` or `gone`. */
export async function replaceBinding(
  store: BindingStore,
  handle: string,
  dataJson: string,
  binding: Binding,
): Promise<'updated' | 'changed' | 'gone'> {
  const result = await unlessGone(store.updateIfUnchanged(recordIdOf(handle), dataJson, textOf(binding)))
  return result?.outcome ?? 'gone'
}

/** Makes a binding expire `ttlMs` from now. Rejects with `NotFound` if it is gone. */
export async function touchBinding(store: BindingStore, handle: string, ttlMs: number): Promise<void> {
  await store.touch(recordIdOf(handle), ttlMs)
}

/** Deletes a binding, if the session has one. */
export async function deleteBinding(store: BindingStore, handle: string): Promise<void> {
  await store.delete(recordIdOf(handle))
}
