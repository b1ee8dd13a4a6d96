import type { Server } from 'node:http'
import { createServer } from 'node:http'
import type { NodeSession } from '@bext/session-core/manager'
import { sessionErrorStatus } from '@bext/session-core/manager'
import { getRequestListener } from '@hono/node-server'
import type { Context } from 'hono'
import { Hono } from 'hono'
import { setCookie } from 'hono/cookie'
import type { SessionData } from './sessions.js'
import { sessions } from './sessions.js'
import { ticks } from './ticks.js'

/** Sets headers on the context, because headers that middleware sets there overwrite those of a returned response. */
function openSession(c: Context): Promise<NodeSession<SessionData>> {
  return sessions.openNode(
    { headers: { cookie: c.req.header('Cookie') } },
    {
      get headersSent() {
        return c.finalized
      },
      getHeader: (name) =>
        name === 'Set-Cookie' ? c.res.headers.getSetCookie() : (c.res.headers.get(name) ?? undefined),
      setHeader(name, value) {
        c.header(name, undefined)
        for (const one of [value].flat()) c.header(name, one, { append: true })
      },
      removeHeader: (name) => c.header(name, undefined),
    },
  )
}

export const app = new Hono()

app.get('/', async (c) => {
  const session = await openSession(c)
  session.data.visits += 1
  await session.commit()
  return c.text(`Visit ${session.data.visits} of ${session.userId ?? 'a guest'}`)
})

app.post('/sign-in', async (c) => {
  const session = await openSession(c)
  session.signIn(c.req.query('name') ?? '')
  await session.commit()
  setCookie(c, 'theme', 'dark')
  return c.text('Welcome')
})

app.post('/note', async (c) => {
  const session = await openSession(c)
  session.data.note = c.req.query('text') ?? ''
  await session.commit()
  return c.redirect('/', 303)
})

app.post('/sign-out', async (c) => {
  const session = await openSession(c)
  session.signOut()
  await session.commit()
  return c.text('Goodbye')
})

app.get('/stream', async (c) => {
  const session = await openSession(c)
  session.data.visits += 1
  await session.commit()
  return c.body(ReadableStream.from(ticks(`Visit ${session.data.visits}`)))
})

app.get('/fail', async (c) => {
  const session = await openSession(c)
  session.data.visits += 100
  throw new Error('This page is broken.')
})

app.post('/fail-late', async (c) => {
  const session = await openSession(c)
  session.rotate()
  await session.commit()
  throw new Error('This page is broken.')
})

app.onError((error, c) => c.text('Something went wrong.', sessionErrorStatus(error) ?? 500))

/** The app, or another that has it inside. */
export function createHono(outer: Hono = app): Server {
  const listener = getRequestListener(outer.fetch)
  return createServer((request, response) => void listener(request, response))
}
