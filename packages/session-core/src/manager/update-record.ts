import { isSessionError } from '../contract/errors.js'
import type { SessionId, SessionRecord } from '../contract/plugin.js'
import { SessionCommitError } from './commit-error.js'
import type { Host } from './host.js'

/** Replaces the stored data under the option `onConflict`. Resolves to the current id. */
export async function updateRecord(
  { store, comparing }: Host,
  { id, dataJson: expected }: SessionRecord,
  dataJson: string,
): Promise<SessionId> {
  if (!comparing) return store.update(id, dataJson)
  const result = await comparing.updateIfUnchanged(id, expected, dataJson)
  if (result.outcome === 'updated') return result.id
  throw new SessionCommitError(
    'conflict',
    'Another request changed the session meanwhile. Open it again and repeat the change.',
  )
}

/** Updates and touches a session. Resolves to the current id. */
export async function updateAndTouch(
  host: Host,
  record: SessionRecord,
  dataJson: string,
  ttlMs: number,
): Promise<SessionId> {
  return host.store.touch(await updateRecord(host, record, dataJson), ttlMs)
}

/** Touches a session. Ignores one that ended meanwhile: nothing was to be changed, so nothing is lost. */
export async function touchIfAlive({ store }: Host, { id }: SessionRecord, ttlMs: number): Promise<SessionId> {
  try {
    return await store.touch(id, ttlMs)
  } catch (error) {
    if (isSessionError(error) && error.code === 'NotFound') return id
    throw error
  }
}
