import { createSessionManager } from '@bext/session-core/manager'
import { memorySessions } from '@bext/session-core/memory'

export interface SessionData {
  visits: number
  note?: string
}

export const store = memorySessions({ maxDataBytes: 4096 })

/** One for the whole app; another store is another first line. */
export const sessions = createSessionManager<SessionData>({ store: store, initialData: () => ({ visits: 0 }) })
