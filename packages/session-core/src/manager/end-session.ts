import type { SessionId } from '../contract/plugin.js'
import type { Host } from './host.js'
import { handleOf } from './session-names.js'

/** Ends a session, and then its binding: a session that cannot be ended stays bound. */
export async function endSession({ store, device }: Host, id: SessionId): Promise<void> {
  await store.delete(id)
  await device?.forget(handleOf(id))
}

/** Ends a session of a list, and then its binding. */
export async function endListed({ users, device }: Host, userId: string, handle: string): Promise<void> {
  await users.endOne(userId, handle)
  await device?.forget(handle)
}

/** Ends a session of the user, and then its binding. Resolves to true if the user had a session with the handle. */
export async function endIfListed({ users, device }: Host, userId: string, handle: string): Promise<boolean> {
  const isEnded = await users.endIfListed(userId, handle)
  if (isEnded) await device?.forget(handle)
  return isEnded
}
