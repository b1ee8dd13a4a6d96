import { isSessionError } from '../error.js'
import { isServerBackedId } from '../id.js'
import type { Opened } from './draft.js'
import { beganAtMsOf } from './draft.js'
import type { SessionContext } from './options.js'
import { reportRejection } from './rejection.js'

/**
 * Touches a server-backed session where that is due, so that a page which only reads extends it, too. A touch that fails
 * fails no page: the next request tries again. A sealed session is extended by its commit, because its id changes, and
 * the response has to set it.
 */
export async function extend<Data extends object>(
  { plugin, lifetimes, onRejected }: SessionContext<Data>,
  opened: Opened,
): Promise<Opened> {
  const { record, envelope } = opened
  const beganAtMs = beganAtMsOf(opened)
  if (!isServerBackedId(record.id) || envelope.isReplaced || beganAtMs === undefined) return opened
  const dueMs = lifetimes.dueTouchTtlMs({ beganAtMs, isRemembered: envelope.isRemembered }, record.expiresAtMs)
  if (dueMs === undefined) return opened
  try {
    const nowMs = Date.now()
    await plugin.touch(record.id, dueMs)
    return { ...opened, record: { ...record, expiresAtMs: nowMs + dueMs } }
  } catch (error) {
    // A session that ended meanwhile stays so, and a change of it is refused by the commit.
    if (!isSessionError(error) || error.code !== 'NotFound') reportRejection(onRejected, 'open', error)
    return opened
  }
}
