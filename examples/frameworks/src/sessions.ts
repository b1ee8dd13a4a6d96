import { createSessionManager } from '@bext/session-core/manager'
import { memorySessions } from '@bext/session-core/memory'

export interface SessionData {
  visits: number
  note?: string
}

export const store = memorySessions({ maxDataBytes: 4096 })

/** Session manager of the whole app. To use another store, change the option `store`. */
export const sessions = createSessionManager<SessionData>({ store, initialData: () => ({ visits: 0 }) })
