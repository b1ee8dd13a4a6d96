import { isSessionError } from '../error.js'
import { isServerBackedId } from '../id.js'
import type { SessionId, SessionRecord } from '../plugin.js'
import type { SessionContext } from './options.js'
import { SessionCommitError } from './rejection.js'

/** Replaces what is stored, by the manager's rule for conflicts. Resolves to the id from now on. */
export async function change<Data extends object>(
  { plugin, comparing }: SessionContext<Data>,
  { id, dataJson: expected }: SessionRecord,
  dataJson: string,
): Promise<SessionId> {
  if (!comparing) return plugin.update(id, dataJson)
  const result = await comparing.updateIfUnchanged(id, expected, dataJson)
  if (result.outcome === 'updated') return result.id
  throw new SessionCommitError(
    'conflict',
    'Another request changed the session meanwhile: open it again, and try anew.',
  )
}

/** Changes and touches a session. Resolves to the id from now on. */
export async function changeAndTouch<Data extends object>(
  context: SessionContext<Data>,
  record: SessionRecord,
  dataJson: string,
  ttlMs: number,
): Promise<SessionId> {
  const { id } = record
  // Sealed ids change with each write, so that one has to follow the other. An id of 43 characters seals nothing.
  if (!isServerBackedId(id)) return context.plugin.touch(await change(context, record, dataJson), ttlMs)
  const [changed, touched] = await Promise.allSettled([
    change(context, record, dataJson),
    context.plugin.touch(id, ttlMs),
  ])
  if (changed.status === 'rejected') throw changed.reason
  if (touched.status === 'rejected') throw touched.reason
  return touched.value
}

/** Touches a session. One that has ended meanwhile stays so: nothing was to be changed, so nothing is lost. */
export async function touchIfAlive<Data extends object>(
  { plugin }: SessionContext<Data>,
  { id }: SessionRecord,
  ttlMs: number,
): Promise<SessionId> {
  try {
    return await plugin.touch(id, ttlMs)
  } catch (error) {
    if (isSessionError(error) && error.code === 'NotFound') return id
    throw error
  }
}
