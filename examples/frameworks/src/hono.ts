import type { Server } from 'node:http'
import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { setCookie } from 'hono/cookie'
import { sessions, statusOf } from './sessions.js'
import { ticks } from './ticks.js'

const app = new Hono()

app.get('/', (c) =>
  sessions.handle(c.req.raw, (session) => {
    session.data.visits += 1
    return c.text(`Visit ${session.data.visits} of ${session.userId ?? 'a guest'}`)
  }),
)

app.post('/sign-in', (c) =>
  sessions.handle(c.req.raw, (session) => {
    session.signIn(c.req.query('name') ?? '')
    setCookie(c, 'theme', 'dark')
    return c.text('Welcome')
  }),
)

app.post('/sign-out', (c) =>
  sessions.handle(c.req.raw, (session) => {
    session.signOut()
    return c.text('Goodbye')
  }),
)

app.get('/stream', (c) =>
  sessions.handle(c.req.raw, (session) => {
    session.data.visits += 1
    return c.body(ReadableStream.from(ticks(`Visit ${session.data.visits}`)))
  }),
)

app.get('/fail', (c) =>
  sessions.handle(c.req.raw, (session) => {
    session.data.visits += 100
    throw new Error('This page is broken.')
  }),
)

app.onError((error, c) => {
  c.status(statusOf(error) === 503 ? 503 : 500)
  return c.text('Something went wrong.')
})

export function createHono(): Server {
  const listener = getRequestListener(app.fetch)
  return createServer((request, response) => void listener(request, response))
}
