import { isSessionError } from '../contract/errors.js'
import { isServerBackedId } from '../store-helpers/ids.js'
import type { StoredSession } from './pending-changes.js'
import type { SessionContext } from './options.js'
import { reportRejection } from './commit-error.js'
import { nowOf, storedLifeOf } from './stored-life.js'

/**
 * Touches a server-backed session where that is due, so that a page which only reads extends it, too. A touch that fails
 * fails no page: the next request tries again. A sealed session is extended by its commit, because its id changes, and
 * the response has to set it.
 */
export async function extend<Data extends object>(
  context: SessionContext<Data>,
  opened: StoredSession,
): Promise<StoredSession> {
  const { record, envelope } = opened
  const { plugin, lifetimes, onRejection } = context
  const life = storedLifeOf(opened)
  if (!isServerBackedId(record.id) || envelope.isReplaced || !life) return opened
  const nowMs = await nowOf(context, opened, lifetimes.isNearEnd(life))
  const dueMs = lifetimes.touchTtlIfDue(life, nowMs)
  if (dueMs === undefined) return opened
  try {
    await plugin.touch(record.id, dueMs)
    // A change stores the idle timeout that the touch was by.
    const ttlMs = lifetimes.ttlMs(life.isRemembered)
    return {
      ...opened,
      record: { ...record, expiresAtMs: nowMs + dueMs },
      envelope: { ...envelope, ttlMs },
    }
  } catch (error) {
    // A session that ended meanwhile stays so, and a change of it is refused by the commit.
    if (!isSessionError(error) || error.code !== 'NotFound') reportRejection(onRejection, 'open', error)
    return opened
  }
}
