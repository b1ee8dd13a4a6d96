import { isSessionError } from '../contract/errors.js'
import { isServerBackedId } from '../store-helpers/ids.js'
import { reportRejection } from './commit-error.js'
import type { DeviceCheck } from './device.js'
import { nowOf } from './expiry.js'
import type { Host } from './host.js'
import type { StoredSession } from './stored-session.js'
import { storedLifeOf } from './stored-session.js'
import { handleOf } from './session-names.js'

/**
 * Touches a server-backed session if a touch is due, so that a page that only reads extends it too. A failed touch does
 * not fail the request, because the next request tries again. A sealed session is extended by its commit, because its id
 * changes and the response has to set the cookie. A bound session is extended only by a request that proved the device, and
 * never beyond the record of its binding.
 */
export async function extend(
  host: Host,
  stored: StoredSession,
  check: DeviceCheck | undefined,
): Promise<StoredSession> {
  const { record, envelope } = stored
  const { store, lifetimes, onRejection } = host
  const life = storedLifeOf(stored)
  if (check?.access === 'readOnly') return stored
  if (!isServerBackedId(record.id) || envelope.isReplaced || !life) return stored
  const nowMs = await nowOf(host, stored, lifetimes.isNearEnd(life))
  const ttlMs = lifetimes.touchTtlIfDue(life, nowMs)
  if (ttlMs === undefined) return stored
  try {
    if (check?.bindingExpiresAtMs !== undefined && check.bindingExpiresAtMs <= nowMs + ttlMs) {
      await host.device?.keep(handleOf(record.id), lifetimes.absoluteExpiresAtMs(life) - nowMs)
    }
    await store.touch(record.id, ttlMs)
    // If the data changes, the commit stores the idle timeout of this touch.
    const idleTimeoutMs = lifetimes.ttlMs(life.isRemembered)
    return {
      ...stored,
      record: { ...record, expiresAtMs: nowMs + ttlMs },
      envelope: { ...envelope, ttlMs: idleTimeoutMs },
    }
  } catch (error) {
    // A session that ended meanwhile is not extended, and the commit rejects a change to it.
    if (!isSessionError(error) || error.code !== 'NotFound') reportRejection(onRejection, 'open', error)
    return stored
  }
}
