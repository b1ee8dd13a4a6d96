import type { SessionManager } from '@bext/session-core/manager'
import express, { type Express, type Request, type Response } from 'express'
import type { SessionData, Store } from 'express-session'
import { openMigrating, type MigratingSession } from './migrate.js'
import type { MigratedSession } from './old-sessions.js'

export interface Visits {
  visits: number
}

// The session data of the old app.
declare module 'express-session' {
  interface SessionData {
    userId: string
    visits: number
  }
}

function fromOld({ visits = 0, userId }: Partial<SessionData>): MigratedSession<Visits> {
  return { data: { visits }, userId }
}

/** Creates the new app. After the migration, only the calls that open and commit sessions change in its handlers. */
export function createApp(sessions: SessionManager<Visits>, store: Store, secrets: readonly string[]): Express {
  function open(request: Request, response: Response): Promise<MigratingSession<Visits>> {
    return openMigrating({ sessions, store, secrets, cookieName: 'connect.sid', fromOld }, request, response)
  }

  const app = express()

  app.get('/', async (request, response) => {
    const { session, commit } = await open(request, response)
    session.data.visits += 1
    const text = `Visit ${session.data.visits} of ${session.userId ?? 'a guest'}`
    await commit()
    response.send(text)
  })

  app.post('/sign-out', async (request, response) => {
    const { session, commit } = await open(request, response)
    session.signOut()
    await commit()
    response.send('Goodbye')
  })

  return app
}
