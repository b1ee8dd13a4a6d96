import type { Server } from 'node:http'
import { createServer } from 'node:http'
import { pipeline } from 'node:stream/promises'
import type { NodeSession } from '@bext/session-core/manager'
import { sessionErrorStatus } from '@bext/session-core/manager'
import { expressSessions } from '@bext/session-express/middleware'
import type { Express, NextFunction, Request, Response } from 'express'
import express from 'express'
import type { SessionData } from './sessions.js'
import { sessions } from './sessions.js'
import { ticks } from './ticks.js'

declare global {
  namespace Express {
    interface Request {
      session: NodeSession<SessionData>
    }
  }
}

type RequestWith<Query> = Request<object, string, unknown, Query>

export const app: Express = express()
app.use(expressSessions(sessions))

app.get('/', ({ session }, response) => {
  session.data.visits += 1
  response.send(`Visit ${session.data.visits} of ${session.userId ?? 'a guest'}`)
})

app.post('/sign-in', ({ session, query }: RequestWith<{ name: string }>, response) => {
  session.signIn(query.name)
  response.cookie('theme', 'dark')
  response.send('Welcome')
})

app.post('/note', ({ session, query }: RequestWith<{ text: string }>, response) => {
  session.data.note = query.text
  response.redirect(303, '/')
})

app.post('/sign-out', ({ session }, response) => {
  session.signOut()
  response.send('Goodbye')
})

app.get('/stream', async ({ session }, response) => {
  session.data.visits += 1
  await pipeline(ticks(`Visit ${session.data.visits}`), response)
})

app.get('/fail', ({ session }) => {
  session.data.visits += 100
  throw new Error('This page is broken.')
})

app.post('/fail-late', async ({ session }) => {
  session.rotate()
  await session.commit()
  throw new Error('This page is broken.')
})

// Express recognises an error handler by its four parameters.
app.use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
  if (response.headersSent) next(error)
  else response.status(sessionErrorStatus(error) ?? 500).send('Something went wrong.')
})

export function createExpress(): Server {
  return createServer(app)
}
