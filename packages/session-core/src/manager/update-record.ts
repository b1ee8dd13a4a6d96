import { isSessionError } from '../contract/errors.js'
import type { SessionId, SessionRecord } from '../contract/plugin.js'
import type { SessionContext } from './options.js'
import { SessionCommitError } from './commit-error.js'

/** Replaces what is stored, by the manager's rule for conflicts. Resolves to the id from now on. */
export async function updateRecord<Data extends object>(
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

/** Changes and touches a sealed session, whose id changes with each write. Resolves to the id from now on. */
export async function updateAndTouch<Data extends object>(
  context: SessionContext<Data>,
  record: SessionRecord,
  dataJson: string,
  ttlMs: number,
): Promise<SessionId> {
  return context.plugin.touch(await updateRecord(context, record, dataJson), ttlMs)
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
