import { isSessionError } from '@bext/session-core'
import { createSessionManager } from '@bext/session-core/manager'
import { memorySessions } from '@bext/session-core/memory'

export interface SessionData {
  visits: number
}

/** One for the whole app; another store is another first line. */
export const sessions = createSessionManager<SessionData>({
  plugin: memorySessions(),
  initialData: () => ({ visits: 0 }),
})

/** What to answer when something failed: while the store is down, nobody is signed out, and may try again. */
export function statusOf(error: unknown): number {
  return isSessionError(error) && error.code === 'Backend' ? 503 : 500
}
