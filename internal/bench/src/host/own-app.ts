import type { SessionPlugin } from '@bext/session-core'
import { createSessionManager } from '@bext/session-core/manager'
import express, { type Express } from 'express'
import { filler, ttlMs } from './host-server.js'

/** Opens the app with the session manager. */
export function ownApp(plugin: SessionPlugin): Express {
  const sessions = createSessionManager({
    store: plugin,
    initialData: () => ({ visits: 0, filler }),
    idleTimeoutMs: ttlMs,
  })
  const app = express()

  app.get('/unchanged', async (request, response) => {
    const session = await sessions.openNode(request, response)
    const text = String(session.data.visits)
    await session.commit()
    response.send(text)
  })

  app.get('/changed', async (request, response) => {
    const session = await sessions.openNode(request, response)
    session.data.visits += 1
    const text = String(session.data.visits)
    await session.commit()
    response.send(text)
  })

  app.get('/sign-in', async (request, response) => {
    const session = await sessions.openNode(request, response)
    session.signIn('user')
    await session.commit()
    response.send('0')
  })

  app.get('/sign-out', async (request, response) => {
    const session = await sessions.openNode(request, response)
    session.signOut()
    await session.commit()
    response.send('0')
  })

  return app
}
