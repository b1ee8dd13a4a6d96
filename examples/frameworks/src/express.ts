import type { Server } from 'node:http'
import { createServer } from 'node:http'
import { pipeline } from 'node:stream/promises'
import type { NextFunction, Request, Response } from 'express'
import express from 'express'
import { sessions, statusOf } from './sessions.js'
import { ticks } from './ticks.js'

const app = express()

app.get('/', async (request, response) => {
  const session = await sessions.openNode(request, response)
  session.data.visits += 1
  const text = `Visit ${session.data.visits} of ${session.userId ?? 'a guest'}`
  await session.commit()
  response.send(text)
})

app.post('/sign-in', async (request: Request<object, string, unknown, { name: string }>, response) => {
  const session = await sessions.openNode(request, response)
  session.signIn(request.query.name)
  await session.commit()
  response.cookie('theme', 'dark')
  response.send('Welcome')
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
  const first = `Visit ${session.data.visits}`
  await session.commit()
  await pipeline(ticks(first), response)
})

app.get('/fail', async (request, response) => {
  const session = await sessions.openNode(request, response)
  session.data.visits += 100
  throw new Error('This page is broken.')
})

// Express 5 hands it what an async handler throws. It knows it by its four parameters.
app.use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
  if (response.headersSent) next(error)
  else response.status(statusOf(error)).send('Something went wrong.')
})

export function createExpress(): Server {
  return createServer(app)
}
