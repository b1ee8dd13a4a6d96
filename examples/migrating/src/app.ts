import type { SessionManager } from '@bext/session-core/manager'
import express, { type Express, type Request, type Response } from 'express'
import type { SessionData, Store } from 'express-session'
import { openMoving, type Moved, type MovingSession } from './move.js'

export interface Visits {
  visits: number
}

// What the old app kept in its sessions.
declare module 'express-session' {
  interface SessionData {
    userId: string
    visits: number
  }
}

function fromOld({ visits = 0, userId }: Partial<SessionData>): Moved<Visits> {
  return { data: { visits }, userId }
}

/** The new app. Its handlers are what they stay: only how they open and commit changes when the move is over. */
export function createApp(sessions: SessionManager<Visits>, store: Store, secrets: readonly string[]): Express {
  function open(request: Request, response: Response): Promise<MovingSession<Visits>> {
    return openMoving({ sessions, store, secrets, cookieName: 'connect.sid', fromOld }, request, response)
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
