import type { Server } from 'node:http'
import { createServer } from 'node:http'
import { sessionErrorStatus } from '@bext/session-core/manager'
import { honoSessions, type SessionEnv } from '@bext/session-hono'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { setCookie } from 'hono/cookie'
import type { SessionData } from './sessions.js'
import { sessions } from './sessions.js'
import { ticks } from './ticks.js'

export const app = new Hono<SessionEnv<SessionData>>()
app.use(honoSessions(sessions))

app.get('/', (c) => {
  const { session } = c.var
  session.data.visits += 1
  return c.text(`Visit ${session.data.visits} of ${session.userId ?? 'a guest'}`)
})

app.post('/sign-in', (c) => {
  c.var.session.signIn(c.req.query('name') ?? '')
  setCookie(c, 'theme', 'dark')
  return c.text('Welcome')
})

app.post('/note', (c) => {
  c.var.session.data.note = c.req.query('text') ?? ''
  return c.redirect('/', 303)
})

app.post('/sign-out', (c) => {
  c.var.session.signOut()
  return c.text('Goodbye')
})

app.get('/stream', (c) => {
  const { session } = c.var
  session.data.visits += 1
  return c.body(ReadableStream.from(ticks(`Visit ${session.data.visits}`)))
})

app.get('/fail', (c) => {
  c.var.session.data.visits += 100
  throw new Error('This page is broken.')
})

app.post('/fail-late', async (c) => {
  c.var.session.rotate()
  await c.var.session.commit()
  throw new Error('This page is broken.')
})

app.onError((error, c) => c.text('Something went wrong.', sessionErrorStatus(error) ?? 500))

/** Creates a server of the app, or of another app that contains it. */
export function createHono(outer: Pick<Hono, 'fetch'> = app): Server {
  const listener = getRequestListener(outer.fetch)
  return createServer((request, response) => void listener(request, response))
}
