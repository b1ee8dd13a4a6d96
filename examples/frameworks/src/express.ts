import type { Server } from 'node:http'
import { createServer } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { sessionErrorStatus } from '@bext/session-core/manager'
import type { Express, NextFunction, Request, Response } from 'express'
import express from 'express'
import { sessions } from './sessions.js'
import { ticks } from './ticks.js'

type RequestWith<Query> = Request<object, string, unknown, Query>

export const app: Express = express()

app.get('/', async (request, response) => {
  const session = await sessions.openNode(request, response)
  session.data.visits += 1
  await session.commit()
  response.send(`Visit ${session.data.visits} of ${session.userId ?? 'a guest'}`)
})

app.post('/sign-in', async (request: RequestWith<{ name: string }>, response) => {
  const session = await sessions.openNode(request, response)
  session.signIn(request.query.name)
  await session.commit()
  response.cookie('theme', 'dark')
  response.send('Welcome')
})

app.post('/note', async (request: RequestWith<{ text: string }>, response) => {
  const session = await sessions.openNode(request, response)
  session.data.note = request.query.text
  await session.commit()
  response.redirect(303, '/')
})

app.post('/sign-out', async (request, response) => {
  const session = await sessions.openNode(request, response)
  session.signOut()
  await session.commit()
  response.send('Goodbye')
})

app.get('/stream', async (request, response) => {
  const session = await sessions.openNode(request, response)
  session.data.visits += 1
  await session.commit()
  await pipeline(ticks(`Visit ${session.data.visits}`), response)
})

app.get('/fail', async (request, response) => {
  const session = await sessions.openNode(request, response)
  session.data.visits += 100
  throw new Error('This page is broken.')
})

app.post('/fail-late', async (request, response) => {
  const session = await sessions.openNode(request, response)
  session.rotate()
  await session.commit()
  throw new Error('This page is broken.')
})

// Express 5 passes errors of async handlers here. It recognises an error handler by its four parameters.
app.use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
  if (response.headersSent) next(error)
  else response.status(sessionErrorStatus(error) ?? 500).send('Something went wrong.')
})

export function createExpress(): Server {
  return createServer(app)
}
